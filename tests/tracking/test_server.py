from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from ablation.errors import UserError
from ablation.tracking.ledger import Ledger
from ablation.tracking.server import running, serve_mlflow
from ablation.tracking.store import TrackingStore, open_store

PARENT_AND_CHILD = """
import http.server, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""

SERVE = """
import sys
from pathlib import Path
from ablation.tracking.server import serve_mlflow
from ablation.tracking.store import open_store
serve_mlflow(open_store(Path(sys.argv[1])), port=int(sys.argv[2]))
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_store_that_is_a_server_is_only_named_in_the_view_for_model_training(
    capsys: pytest.CaptureFixture[str],
) -> None:
    serve_mlflow(TrackingStore("https://mlflow.example.org/", None))
    assert capsys.readouterr().out == "https://mlflow.example.org/#/experiments?workflowType=machine_learning\n"


def test_a_port_in_use_is_refused_with_what_to_do(store: TrackingStore) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="another --port"):
            serve_mlflow(store, port=taken.getsockname()[1])


@pytest.mark.slow
def test_a_server_is_stopped_together_with_its_children(port: int) -> None:
    command = [sys.executable, "-c", PARENT_AND_CHILD, str(port)]
    with running(command, f"http://127.0.0.1:{port}") as server:
        family = [psutil.Process(server.pid), *psutil.Process(server.pid).children()]
        assert len(family) == 2
    assert not any(process.is_running() for process in family)


def test_a_server_that_ends_at_once_is_an_error_with_its_last_words(port: int) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such database')"]
    with (
        pytest.raises(UserError, match="no such database"),
        running(command, f"http://127.0.0.1:{port}"),
    ):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_mlflows_server_takes_records_and_stops_without_leaving_a_process(
    stop: signal.Signals, store: TrackingStore, ledger: Ledger, port: int, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", SERVE, str(tmp_path), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        assert "Starting" in served.stdout.readline()
        assert served.stdout.readline().startswith(f"http://127.0.0.1:{port}/#/experiments?")
        family = psutil.Process(served.pid).children(recursive=True)
        assert family

        (tmp_path / "weights").write_text("w")
        remote = Ledger.open(open_store(tmp_path / "unused", f"http://127.0.0.1:{port}"), "digits")
        before = time.perf_counter()
        record = remote.enter("a", "run", params={"lr": "0.1"})
        record.log([(step, {"loss": 1.0 / step}) for step in range(1, 21)])
        record.link_file(tmp_path / "weights")
        record.close("FINISHED")
        assert time.perf_counter() - before < 10
        assert ledger.find()["a"].status == "FINISHED"
        files = Ledger.open(open_store(tmp_path / "unused", f"http://127.0.0.1:{port}"), "uploads").enter("b", "run")
        files.link_file(tmp_path / "weights", "checkpoint")
        assert [each.path for each in files.client.list_artifacts(files.run_id)] == ["checkpoint"]
        assert store.artifacts is not None
        assert list(store.artifacts.glob(f"*/{files.run_id}/artifacts/checkpoint/weights"))

        served.send_signal(stop)
        assert served.wait(30) == 0
    assert not any(process.is_running() for process in family)
    assert not (tmp_path / "unused").exists()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
