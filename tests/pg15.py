"""`make test-pg15`: the integration tests against Debian's PostgreSQL 15, the oldest that is supported.

A cluster of its own in a temporary folder, on a socket alone, thrown away afterwards; what the machine runs otherwise
is not touched.

    python -m tests.pg15 [arguments for pytest]
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BINARIES = Path("/usr/lib/postgresql/15/bin")
INSTALL = "apt-get install -y --no-install-recommends postgresql-15"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "timezone": "UTC",
    "jit": "off",
    # A crash of the machine may lose these data, and nothing else changes.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
TESTS = ("-q", "-n", "2", "--dist", "loadfile", "tests/integration")


def account() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def main(arguments: list[str]) -> int:
    """Start, test, stop; the tests' exit status."""
    if not (BINARIES / "postgres").exists():
        raise SystemExit(
            f"PostgreSQL 15 is not on this system. On Debian 12 this installs it (as root):\n\n  {INSTALL}\n"
        )
    folder = Path(tempfile.mkdtemp(prefix="pg15-"))
    data = folder / "data"
    as_other = account()
    if as_other:
        shutil.chown(folder, "nobody")
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    control = [str(BINARIES / "pg_ctl"), "--pgdata", str(data), "--silent", "--wait"]
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    made = [str(BINARIES / "initdb"), "--pgdata", str(data), "--username=postgres", "--auth=trust", "--no-sync"]
    quiet = {"stdout": subprocess.DEVNULL, "env": environment, "cwd": folder, **as_other}
    try:
        subprocess.run([*made, "--encoding=UTF8", "--locale=C.UTF-8"], check=True, **quiet)  # type: ignore[call-overload]
        log = ["--log", str(folder / "log")]
        start = [*control, *log, "--options", f"{options} -c unix_socket_directories={folder}", "start"]
        subprocess.run(start, check=True, **quiet)  # type: ignore[call-overload]
        address = {"TRADING_TEST_DATABASE_URL": f"postgresql://postgres@/postgres?host={folder}"}
        tests = [sys.executable, "-m", "pytest", *(arguments or TESTS)]
        return subprocess.run(tests, env={**os.environ, **address}, check=False).returncode
    finally:
        subprocess.run([*control, "--mode=immediate", "stop"], check=False, **quiet)  # type: ignore[call-overload]
        shutil.rmtree(folder)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
