"""MLflow's own pages for a store: the command ``ablation ui``."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from ablation.errors import UserError
from ablation.tracking.store import TrackingStore

_START_SECONDS, _STOP_SECONDS = 180.0, 10.0
_PAGE = "/#/experiments?workflowType=machine_learning"
"""Without the parameter MLflow opens its view for language-model applications."""


def serve_mlflow(store: TrackingStore, host: str = "127.0.0.1", port: int = 5000) -> None:
    """Start MLflow's server on the store, print its URL, and wait for Ctrl-C; for a server's store only print the URL.

    Raises:
        UserError: the port is taken, or the server does not start.
    """
    if store.is_server:
        print(store.uri.rstrip("/") + _PAGE)
        return
    options = {"--backend-store-uri": store.uri, "--host": host, "--port": str(port), "--workers": "1"}
    if store.artifacts:
        options["--artifacts-destination"] = str(store.artifacts)
    command = [sys.executable, "-m", "mlflow", "server", *itertools.chain.from_iterable(options.items())]
    serve("MLflow", command, host, port, "/health", _PAGE, note=", 10-30 s")


def serve(name: str, command: Sequence[str], host: str, port: int, health: str, page: str, note: str = "") -> None:
    """Start a server, print the URL of its page, and wait for Ctrl-C or SIGTERM, which stop it.

    Args:
        health: path that answers as soon as the server is ready.
        page: path to print.
        note: for the line that says that it is starting.

    Raises:
        UserError: as ``serve_mlflow``.
    """
    base = f"http://{host}:{port}"
    _require_free(host, port)
    print(f"Starting {name} on {base}{note} ...", flush=True)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(command, base + health) as server:
            print(f"{base}{page}\nCtrl-C stops it.", flush=True)
            server.wait()
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
    finally:
        signal.signal(signal.SIGTERM, before)


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        raise UserError(f"cannot listen ({error})", place=f"{host}:{port}", remedy="give another --port") from error


@contextmanager
def running(command: Sequence[str], health: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server that answers at the URL ``health``; on exit, stop it and every process that it has started.

    Raises:
        UserError: it ends, or does not answer within three minutes; with the last lines of its output.
    """
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # its job runner would start eight processes
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            # in a session of its own, so that Ctrl-C reaches only this process, which then stops the server
            server = subprocess.Popen(command, stdout=output, stderr=output, env=env, start_new_session=True)
        try:
            _await_health(server, health, log)
            yield server
        finally:
            _stop(server)


def _await_health(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(health, timeout=2).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    last_lines = "\n  ".join(log.read_text(errors="replace").splitlines()[-8:])
    raise UserError("MLflow's server did not start", place=health, remedy=f"its last lines:\n  {last_lines}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(server.pid).children(recursive=True)
        family.append(psutil.Process(server.pid))
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        _, alive = psutil.wait_procs(family, timeout=_STOP_SECONDS)
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=_STOP_SECONDS)
    server.wait()
