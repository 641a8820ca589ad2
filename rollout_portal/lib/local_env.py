"""Write the settings of a local installation: `python -m rollout_portal.lib.local_env var/env`.

Runs before Django can, because Django's settings need the secrets made here. What the file already
says is kept, so that sessions and mailed links outlive a restart.
"""

import os
import secrets
import sys
from pathlib import Path

# A local installation answers on http://localhost, but otherwise runs as in production: static files
# with their fingerprints, our own error pages, no debug page for anybody.
_PLAIN = {"DEBUG": "off", "USE_HTTPS": "off"}
_SECRETS = {"SECRET_KEY": 50, "LINK_SIGNING_KEYS": 32}


def ensure(path: Path) -> list[str]:
    """Add what is missing to the file at `path` and return the names added; mode 0600 in a folder of 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    known = path.read_text(encoding="utf-8") if path.exists() else ""
    names = {line.split("=", 1)[0].removeprefix("export ").strip() for line in known.splitlines()}
    fresh = {name: secrets.token_urlsafe(size) for name, size in _SECRETS.items()} | _PLAIN
    missing = {name: value for name, value in fresh.items() if name not in names}
    if missing:
        lines = known if not known or known.endswith("\n") else known + "\n"
        lines += "".join(f"{name}={value}\n" for name, value in missing.items())
        staged = path.with_suffix(".next")
        staged.unlink(missing_ok=True)
        private = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(private, "w", encoding="utf-8") as file:
            file.write(lines)
        staged.replace(path)
    path.chmod(0o600)
    return list(missing)


if __name__ == "__main__":
    ensure(Path(sys.argv[1]))
