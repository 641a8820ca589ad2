"""Resolve requirements/*.in into requirements/*.txt: `make lock`. A lock names no host and every hash.

Pins that still fit are kept; `make lock ARGS=--upgrade` looks for newer ones.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETS = ("base", "dev", "embedded")
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
    "--quiet",
)


def main(more: list[str]) -> int:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    for name in SETS:
        print(f"Resolving requirements/{name}.in …", flush=True)
        # The tools are locked on top of what runs in production, so that both agree on every version.
        on_top_of = ["--constraints", "base.txt"] if name != "base" else []
        done = subprocess.run(
            [uv, "pip", "compile", f"{name}.in", "--output-file", f"{name}.txt", *OPTIONS, *on_top_of, *more],
            cwd=HERE,
            check=False,
        )
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
