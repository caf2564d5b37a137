"""A PostgreSQL server of the tests' own, from the machine's package, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2

PASSWORD = "a-secret"


@dataclass(frozen=True)
class Server:
    """A running server on 127.0.0.1 whose superuser is ``tester``."""

    port: int

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://tester:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self, name: str) -> str:
        """The URL of a new, empty database."""
        with closing(psycopg2.connect(self.url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)


def binaries() -> Path | None:
    """Where Debian's newest server lies, or another one on the path; None on machines without."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = packaged[-1] if packaged else shutil.which("initdb")
    return Path(found).parent if found else None


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server and stop it in the end; needs ``binaries``."""
    programs, user = binaries(), "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    assert programs
    folder = Path(tempfile.mkdtemp(prefix="ablation-postgresql-"))
    try:
        (folder / "password").write_text(PASSWORD)
        for path in (folder, folder / "password"):
            shutil.chown(path, user or os.geteuid())
        asked = ["-U", "tester", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync"]
        make = [programs / "initdb", "-D", folder / "data", *asked]
        subprocess.run(make, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        server = Server(_free_port())
        options = ["-p", str(server.port), "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        start = [programs / "postgres", "-D", folder / "data", *options]
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen(start, user=user, cwd=folder, stdout=log, stderr=log) as process,
        ):
            try:
                _wait(server)
                yield server
            finally:
                process.send_signal(signal.SIGINT)  # ends the sessions that are open
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(psycopg2.OperationalError):
            psycopg2.connect(server.url("postgres")).close()
            return
        time.sleep(0.1)
    raise TimeoutError("the server did not start")
