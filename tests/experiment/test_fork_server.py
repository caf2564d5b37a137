from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from standin_run import is_alive, wait_for

from ablation.experiment import fork_server
from ablation.experiment.child import Child, Start
from ablation.experiment.fork_server import ForkServer, can_fork, starting

SUPPORT = Path(__file__).parents[1] / "support"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SUPPORT), "A_WORD": "given"}

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system does not fork safely")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with closing(ForkServer(["colorsys", "no_such_module"], ENVIRONMENT)) as server:
        yield server


@pytest.fixture(params=["forked", "spawned"])
def start(request: pytest.FixtureRequest, server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Both ways to start a child."""
    monkeypatch.setattr(fork_server, "can_fork", lambda: request.param == "forked")
    early = server if request.param == "forked" else None
    with starting((), ENVIRONMENT, early) as start:
        yield start


def told(start: Start) -> dict[str, Any]:
    child = start("child_targets:tell")
    found: dict[str, Any] = child.connection.recv()
    child.process.wait(10)
    assert found["process"] == child.process.pid
    return found


def lasting(start: Start) -> Child:
    child = start("child_targets:last")
    assert child.connection.recv() == "hello"
    return child


def test_a_child_has_its_environment_and_is_not_reached_by_ctrl_c(start: Start) -> None:
    found = told(start)
    assert found["environment"]["A_WORD"] == "given"
    assert found["group"] != os.getpgrp()


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_a_child_ends_when_it_is_told_to(start: Start, how: str) -> None:
    child = lasting(start)
    with pytest.raises(subprocess.TimeoutExpired):
        child.process.wait(0.05)
    getattr(child.process, how)()
    child.process.wait(10)
    child.process.wait(10)  # it may be asked again
    getattr(child.process, how)()
    assert not is_alive(psutil.Process(child.process.pid)) if psutil.pid_exists(child.process.pid) else True
    with pytest.raises(EOFError):
        child.connection.recv()


def test_a_child_can_be_ended_whatever_it_is_at(start: Start) -> None:
    child = lasting(start)
    process = psutil.Process(child.process.pid)
    child.end()
    assert not is_alive(process)
    assert child.connection.closed


def test_a_child_that_fails_ends_its_connection(start: Start) -> None:
    child = start("child_targets:no_such_function")
    with pytest.raises(EOFError):
        child.connection.recv()
    child.process.wait(10)


def test_a_forked_child_has_what_the_server_imported(server: ForkServer) -> None:
    assert "colorsys" in told(server.start)["modules"]


def test_what_can_wait_is_imported_while_nobody_asks() -> None:
    with closing(ForkServer(["colorsys"], ENVIRONMENT, ["mailcap", "no_such_module", "chunk"])) as server:
        seen = told(server.start)["modules"]
        assert "colorsys" in seen
        assert "chunk" not in seen
        wait_for(lambda: {"mailcap", "chunk"} <= told(server.start)["modules"])


def test_children_may_be_asked_for_in_many_threads(server: ForkServer) -> None:
    found: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda: found.append(told(server.start))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each["process"] for each in found}) == 20


def test_the_dead_are_buried(server: ForkServer) -> None:
    for _ in range(5):
        told(server.start)
    (here,) = [each for each in psutil.Process().children() if each.pid == server._server.process.pid]  # type: ignore[union-attr]
    assert len(here.children()) <= 1


def test_a_server_that_was_killed_is_replaced() -> None:
    with closing(ForkServer(["colorsys"], ENVIRONMENT)) as server:
        first = lasting(server.start)
        os.kill(server._server.process.pid, signal.SIGKILL)  # type: ignore[union-attr]
        assert "colorsys" in told(server.start)["modules"]
        first.process.wait(0) if not psutil.pid_exists(first.process.pid) else first.end()


def test_closing_a_server_leaves_its_children_alone() -> None:
    with closing(ForkServer([], ENVIRONMENT)) as server:
        child = lasting(server.start)
        process = psutil.Process(server._server.process.pid)  # type: ignore[union-attr]
    assert not is_alive(process)
    assert is_alive(psutil.Process(child.process.pid))
    child.end()


def test_a_server_and_its_children_die_with_their_parent() -> None:
    code = (
        "import os, time; from ablation.experiment.fork_server import ForkServer\n"
        "server = ForkServer([], dict(os.environ))\n"
        "child = server.start('child_targets:last_with_parent'); child.connection.recv()\n"
        "print(child.process.pid, server._server.process.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as parent:
        assert parent.stdout is not None
        family = [psutil.Process(int(number)) for number in parent.stdout.readline().split()]
        assert len(family) == 2
        parent.kill()
    wait_for(lambda: not any(map(is_alive, family)), seconds=5)


def test_an_early_server_is_taken_only_with_the_same_environment(server: ForkServer) -> None:
    with starting((), ENVIRONMENT, server) as start:
        assert start == server.start
    with starting((), {**ENVIRONMENT, "A_WORD": "another"}, server) as start:
        assert told(start)["environment"]["A_WORD"] == "another"
        (other,) = (each for each in psutil.Process().children() if each.pid == start.__self__._server.process.pid)  # type: ignore[attr-defined]
    assert not is_alive(other)
    assert told(server.start)["environment"]["A_WORD"] == "given"


@pytest.mark.slow
def test_what_the_core_imports_starts_no_thread_so_that_forking_is_safe() -> None:
    from ablation.experiment.pool import environment
    from ablation.workflow.workers import EXPORT_IMPORTS, IMPORTS

    for threads in (1, 2):
        given = {**environment(threads), "PYTHONPATH": str(SUPPORT)}
        with closing(ForkServer([*IMPORTS, *EXPORT_IMPORTS], given)) as server:
            assert {*IMPORTS, *EXPORT_IMPORTS} <= told(server.start)["modules"]
            _, *others = thread_names(server)
            assert set(others) <= {"jemalloc_bg_thd"}, "an allocator's, which knows of forks"


def thread_names(server: ForkServer) -> list[str]:
    """The names of a server's threads, the first its own."""
    tasks = Path(f"/proc/{server._server.process.pid}/task").iterdir()  # type: ignore[union-attr]
    return [(task / "comm").read_text().strip() for task in sorted(tasks, key=lambda task: int(task.name))]
