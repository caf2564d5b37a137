"""MLflow's own pages for a store: the command ``ablation ui``."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from ablation.errors import UserError
from ablation.tracking.store import TrackingStore

START_SECONDS = 180.0
STOP_SECONDS = 10.0
VIEW = "workflowType=machine_learning"
"""Part of a link; without it MLflow opens its view for language-model applications."""

FROM_THE_FIRST = "orderByKey=attributes.start_time&orderByAsc=true"
"""Part of a link: the oldest run first, so that a ladder reads downwards from its baseline."""


def link(base: str, experiment_id: str | None = None, run_id: str | None = None) -> str:
    """URL of the experiments, of one experiment's runs, or of one run, in MLflow's model-training view."""
    base = base.rstrip("/")
    if experiment_id is None:
        return f"{base}/#/experiments?{VIEW}"
    runs = f"{base}/#/experiments/{experiment_id}/runs"
    return f"{runs}/{run_id}?{VIEW}" if run_id else f"{runs}?{VIEW}&{FROM_THE_FIRST}"


def serve_mlflow(
    store: TrackingStore, host: str = "127.0.0.1", port: int = 5000, experiment_id: str | None = None
) -> None:
    """Start MLflow's server on the store, print its URL, and wait for Ctrl-C; for a server's store only print the URL.

    Raises:
        UserError: the port is taken, or the server does not start.
    """
    if store.is_server:
        print(link(store.uri, experiment_id))
        return
    base = f"http://{host}:{port}"
    require_free(host, port)
    print(f"Starting MLflow on {base}, 10-30 s ...", flush=True)
    with until_stopped(), running(_command(store, host, port), f"{base}/health", _environment()) as server:
        print(f"{link(base, experiment_id)}\nCtrl-C stops it.", flush=True)
        server.wait()


def _environment() -> dict[str, str]:
    """The server's environment, without the job runner, which would start eight more processes."""
    return {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


def _command(store: TrackingStore, host: str, port: int) -> list[str]:
    options = {"--backend-store-uri": store.uri, "--host": host, "--port": str(port), "--workers": "1"}
    if store.artifacts:
        options["--artifacts-destination"] = str(store.artifacts)
    return [sys.executable, "-m", "mlflow", "server", *(part for option in options.items() for part in option)]


def require_free(host: str, port: int) -> None:
    """Raise ``UserError`` if the port cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        raise UserError(f"cannot listen ({error})", place=f"{host}:{port}", remedy="give another --port") from error


@contextmanager
def until_stopped() -> Iterator[None]:
    """End the block without a traceback, after its clean-up, on Ctrl-C or SIGTERM."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def running(command: Sequence[str], health: str, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server that answers at ``health``; on exit, stop it and every process that it has started.

    Raises:
        UserError: it ends, or does not answer within three minutes; with the last lines of its output.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            # in a session of its own, so that Ctrl-C reaches only this process, which then stops the server
            server = subprocess.Popen(command, stdout=output, stderr=output, env=dict(env), start_new_session=True)
        try:
            _await_health(server, health, log)
            yield server
        finally:
            _stop(server)


def _await_health(server: subprocess.Popen[bytes], health: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
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
        _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
        for process in alive:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=STOP_SECONDS)
    server.wait()
