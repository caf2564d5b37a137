from __future__ import annotations

import socket
from pathlib import Path

import pytest
from optuna.storages import InMemoryStorage

from ablation.errors import UserError
from ablation.tuning import dashboard
from ablation.tuning.storage import OpenedStorage


@pytest.fixture
def opened(tmp_path: Path) -> OpenedStorage:
    return OpenedStorage(InMemoryStorage(), "memory", "memory", tmp_path)


def test_a_missing_dashboard_is_refused_with_its_installation(
    opened: OpenedStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'ablation\[dashboard\]'"):
        dashboard.serve_dashboard(opened)


def test_a_taken_port_is_refused(opened: OpenedStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard.importlib.util, "find_spec", lambda name: name)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(UserError, match=str(server.getsockname()[1])):
        dashboard.serve_dashboard(opened, port=server.getsockname()[1])
