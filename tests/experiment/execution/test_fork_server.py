from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from standin_run import is_alive, wait_for

from ablation.experiment.execution import fork_server
from ablation.experiment.execution.fork_server import ForkServer, can_fork, process_starter
from ablation.experiment.execution.process import Process, ProcessDiedError, StartProcess, spawn

SUPPORT = Path(__file__).parents[2] / "support"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SUPPORT), "A_WORD": "given"}

forks = pytest.mark.skipif(not can_fork(), reason="this system does not fork safely")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with closing(ForkServer(["colorsys", "no_such_module"], ENVIRONMENT)) as server:
        yield server


@pytest.fixture(params=[pytest.param("forked", marks=forks), "spawned"])
def start(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartProcess]:
    """Both ways to start a process."""
    monkeypatch.setattr(fork_server, "can_fork", lambda: request.param == "forked")
    with process_starter((), ENVIRONMENT) as start:
        yield start


def told(start: StartProcess) -> dict[str, Any]:
    forked = start("child_targets:tell")
    found: dict[str, Any] = forked.connection.recv()
    forked.handle.wait(10)
    assert found["process"] == forked.handle.pid
    return found


def lasting(start: StartProcess) -> Process:
    forked = start("child_targets:last")
    assert forked.connection.recv() == "hello"
    return forked


def test_a_process_has_its_environment_and_is_not_reached_by_ctrl_c(start: StartProcess) -> None:
    found = told(start)
    assert found["environment"]["A_WORD"] == "given"
    assert found["group"] != os.getpgrp()


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_a_process_ends_on_request(start: StartProcess, how: str) -> None:
    forked = lasting(start)
    with pytest.raises(subprocess.TimeoutExpired):
        forked.handle.wait(0.05)
    getattr(forked.handle, how)()
    forked.handle.wait(10)
    forked.handle.wait(10)  # it may be asked again
    getattr(forked.handle, how)()
    assert not is_alive(psutil.Process(forked.handle.pid)) if psutil.pid_exists(forked.handle.pid) else True
    with pytest.raises(EOFError):
        forked.connection.recv()


def test_a_process_can_be_ended_whatever_it_is_at(start: StartProcess) -> None:
    forked = lasting(start)
    process = psutil.Process(forked.handle.pid)
    forked.close()
    assert not is_alive(process)
    assert forked.connection.closed


def test_a_process_that_fails_ends_its_connection(start: StartProcess) -> None:
    forked = start("child_targets:no_such_function")
    with pytest.raises(EOFError):
        forked.connection.recv()
    forked.handle.wait(10)


@forks
def test_a_forked_process_has_what_the_server_imported(server: ForkServer) -> None:
    assert "colorsys" in told(server.start)["modules"]


@forks
def test_the_dead_are_buried(server: ForkServer) -> None:
    for _ in range(5):
        told(server.start)
    (here,) = [each for each in psutil.Process().children() if each.pid == server._server.handle.pid]  # type: ignore[union-attr]
    assert len(here.children()) <= 1


@forks
def test_a_server_that_was_killed_is_replaced_and_its_processes_go_on() -> None:
    with closing(ForkServer(["colorsys"], ENVIRONMENT)) as server:
        first = lasting(server.start)
        kill_server(server)
        assert "colorsys" in told(server.start)["modules"]
        assert is_alive(psutil.Process(first.handle.pid))
        first.close()


@forks
def test_a_server_that_cannot_be_replaced_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_server, "spawn", lambda target, environment: spawn("child_targets:die", environment))
    with closing(ForkServer([], ENVIRONMENT)) as server, pytest.raises(ProcessDiedError, match="twice"):
        server.start("child_targets:tell")


@forks
def test_an_interrupt_while_a_process_is_asked_for_mixes_up_no_two(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(fork_server.ForkedProcess):
        def __init__(self, pid: int) -> None:
            raise KeyboardInterrupt

    with closing(ForkServer([], ENVIRONMENT)) as server:
        with monkeypatch.context() as patch:
            patch.setattr(fork_server, "ForkedProcess", Interrupted)
            with pytest.raises(KeyboardInterrupt):
                server.start("child_targets:last_with_parent")
        told(server.start)


def test_a_python_without_handles_of_processes_does_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open", raising=False)
    assert not can_fork()


def kill_server(server: ForkServer) -> None:
    assert server._server is not None
    os.kill(server._server.handle.pid, signal.SIGKILL)


@forks
def test_closing_a_server_leaves_its_processes_alone() -> None:
    with closing(ForkServer([], ENVIRONMENT)) as server:
        forked = lasting(server.start)
        process = psutil.Process(server._server.handle.pid)  # type: ignore[union-attr]
    assert not is_alive(process)
    assert is_alive(psutil.Process(forked.handle.pid))
    forked.close()


@forks
def test_a_server_and_its_processes_die_with_their_parent() -> None:
    code = (
        "import os, time; from ablation.experiment.execution.fork_server import ForkServer\n"
        "server = ForkServer([], dict(os.environ))\n"
        "forked = server.start('child_targets:last_with_parent'); forked.connection.recv()\n"
        "print(forked.handle.pid, server._server.handle.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as parent:
        assert parent.stdout is not None
        family = [psutil.Process(int(number)) for number in parent.stdout.readline().split()]
        assert len(family) == 2
        parent.kill()
    wait_for(lambda: not any(map(is_alive, family)), seconds=5)


@forks
def test_an_early_server_is_taken_and_goes_on_after_the_block(server: ForkServer) -> None:
    with process_starter((), ENVIRONMENT, server) as start:
        assert start == server.start
    assert told(server.start)["environment"]["A_WORD"] == "given"


@forks
def test_a_server_of_the_blocks_own_ends_with_it() -> None:
    with process_starter((), {**ENVIRONMENT, "A_WORD": "another"}) as start:
        assert told(start)["environment"]["A_WORD"] == "another"
        (own,) = (each for each in psutil.Process().children() if each.pid == start.__self__._server.handle.pid)  # type: ignore[attr-defined]
    assert not is_alive(own)


@forks
@pytest.mark.slow
def test_what_the_core_imports_starts_no_thread_so_that_forking_is_safe() -> None:
    from ablation.experiment.execution.worker_pool import worker_environment
    from ablation.workflow.workers import IMPORTS

    for threads in (1, 2):
        given = {**worker_environment(threads), "PYTHONPATH": str(SUPPORT)}
        with closing(ForkServer(IMPORTS, given)) as server:
            assert set(IMPORTS) <= told(server.start)["modules"]
            _, *others = thread_names(server)
            assert set(others) <= {"jemalloc_bg_thd"}, "an allocator's, which knows of forks"


def thread_names(server: ForkServer) -> list[str]:
    """The names of a server's threads, the first its own."""
    tasks = Path(f"/proc/{server._server.handle.pid}/task").iterdir()  # type: ignore[union-attr]
    return [(task / "comm").read_text().strip() for task in sorted(tasks, key=lambda task: int(task.name))]
