from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import sqlalchemy.exc
from mlflow.exceptions import MlflowException

from ablation.tracking import failure
from ablation.tracking.client import connect
from ablation.tracking.failure import TrackingError, TrackingUnavailable, delivered
from ablation.tracking.ledger import Ledger
from ablation.tracking.store import TrackingStore


def test_a_server_that_went_away_makes_the_record_late_not_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingUnavailable):
        Ledger.open(TrackingStore("http://127.0.0.1:9", None), "digits")


@pytest.mark.parametrize(("status", "raised"), [(503, TrackingUnavailable), (404, TrackingError)])
def test_a_servers_answer_says_whether_to_come_back(
    status: int, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(TrackingError) as caught:
            Ledger.open(TrackingStore(f"http://127.0.0.1:{server.server_port}", None), "digits")
        server.shutdown()
    assert type(caught.value) is raised


def test_a_locked_database_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure, "WAITS", (0.0, 0.0))
    attempts = []

    @delivered
    def busy() -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise MlflowException("(sqlite3.OperationalError) database is locked")
        return "done"

    assert busy() == "done"
    assert len(attempts) == 3


def test_a_database_locked_for_good_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure, "WAITS", ())

    @delivered
    def locked() -> None:
        raise sqlalchemy.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))

    with pytest.raises(TrackingUnavailable, match="locked"):
        locked()


def test_a_writer_waits_for_another_programs_transaction(store: TrackingStore, ledger: Ledger, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mlflow.db", check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.5, other.rollback).start()
        before = time.monotonic()
        ledger.enter("a", "run")
        assert time.monotonic() - before > 0.3


def test_what_mlflow_refuses_is_not_worth_a_second_try(store: TrackingStore) -> None:
    with pytest.raises(TrackingError) as caught:
        delivered(connect(store.uri).get_run)("0" * 32)
    assert type(caught.value) is TrackingError
