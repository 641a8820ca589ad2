"""Run the suite: `python -m tests.run [--e2e] [pytest's arguments]`.

Without --e2e the whole suite runs on SQLite and then on PostgreSQL, where there is one. It says which
databases it used, and why not.
"""

import os
import subprocess
import sys
import time

from tests import postgres

NO_TESTS = 5


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--e2e"]:
        # One file stays in one process: its pages share what they started.
        at_once = ["-n", "2", "--dist", "loadfile"] if (os.cpu_count() or 1) > 1 else []
        return run("the browser", ["-m", "e2e", *at_once, *(arguments[1:] or ["tests/e2e"])], {})
    # Two processes pay for the whole suite, not for a part of it; each has a database of its own.
    arguments = arguments or (["-n", "2"] if (os.cpu_count() or 1) > 1 else [])
    done = {"SQLite": run("SQLite", arguments, {"TEST_DATABASE_URL": ""})}
    with postgres.server(os.environ.get("TEST_DATABASE_URL", "")) as server:
        if server.url:
            say(f"PostgreSQL: {server.why}")
            done["PostgreSQL"] = run("PostgreSQL", arguments, {"TEST_DATABASE_URL": server.url})
        else:
            say(f"PostgreSQL was left out: {server.why}.")
    say("; ".join(f"{name}: {'passed' if code == 0 else 'FAILED'}" for name, code in done.items()))
    return max(done.values())


def run(name: str, arguments: list[str], env: dict[str, str]) -> int:
    """Run pytest once and return its exit code; that nothing was selected is no failure of `-k`."""
    say(f"The suite on {name}")
    began = time.monotonic()
    code = subprocess.run([sys.executable, "-m", "pytest", *arguments], env={**os.environ, **env}).returncode
    say(f"{name}: {time.monotonic() - began:.0f} s")
    return 0 if code == NO_TESTS else code


def say(line: str) -> None:
    print(f"== {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
