"""Everything that can be said of the code without running it: `python -m tests.check [name …]`.

All checks run, two at a time, whatever the others find; their words are shown when they object.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]
LAYERS = "import sys; from importlinter.cli import lint_imports_command as lint; lint(sys.argv[1:])"

# Settings as in production: nothing of a developer's var/env takes part.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "rollout_portal.settings",
    "ENV_FILE": str(ROOT / "var" / "no-env-file"),
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "LINK_SIGNING_KEYS": "0123456789-abcdefghijklmnopqrstuvwxyz",
    "DEBUG": "off",
    "USE_HTTPS": "on",
    "ALLOWED_HOSTS": "portal.example.org",
    "BASE_URL": "https://portal.example.org",
    "CLOCK_FILE": "",
    "EMAIL_URL": "smtp+tls://portal:secret@mail.example.org:587",
    "DATABASE_URL": f"sqlite:///{ROOT / 'var' / 'check.sqlite3'}",
}

CHECKS: dict[str, list[str]] = {
    "types": [PYTHON, "-m", "mypy"],
    "style": [PYTHON, "-m", "ruff", "check", "."],
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "templates": [PYTHON, "-m", "djlint", "templates", "--lint", "--quiet"],
    "layers": [PYTHON, "-m", "tests.architecture"],
    "layers, seen by import-linter": [PYTHON, "-c", LAYERS, "--cache-dir", "var/cache/import_linter"],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deployment settings": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"There is no check called {', '.join(unknown)}; there are: {', '.join(CHECKS)}.")
        return 2
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, names or CHECKS))
    return 0 if all(results) else 1


def run(name: str) -> bool:
    """Run one check, say how it went, and return whether it is content."""
    began = time.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env={**os.environ, **PRODUCTION},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    good = done.returncode == 0
    words = "" if good else f"\n{done.stdout.rstrip()}\n"
    print(f"{'ok  ' if good else 'FAIL'} {name} ({time.monotonic() - began:.1f} s){words}", flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
