"""Who runs when, under what environment, and what is said of one that fails."""

from __future__ import annotations

import pytest
from bench import Bench
from bench_jobs import job

from ablation.bench.processes import FailedError, in_turn, timed
from ablation.bench.trainers import CROPPED, OURS, PEERS, Contestant
from ablation.experiment.execution.worker_pool import worker_environment


def test_contestants_take_turns() -> None:
    assert "".join(each.name[0] for each in in_turn((OURS, *PEERS[:2]), 3)) == "oplopl" + "opl"


@pytest.mark.parametrize("contestant", [OURS, CROPPED, *PEERS], ids=lambda each: each.name)
def test_all_have_the_environment_of_a_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, contestant: Contestant
) -> None:
    seen: list[dict[str, str]] = []

    def started(command: list[str], env: dict[str, str], **_: object) -> None:
        seen.append(env)
        raise OSError("started in name only")

    monkeypatch.setattr("ablation.bench.processes.subprocess.Popen", started)
    with pytest.raises(OSError, match="in name only"):
        timed(contestant, job(bench).on(3))
    assert seen == [worker_environment(3)]


def test_a_process_that_fails_tells_its_last_line(bench: Bench) -> None:
    with pytest.raises(FailedError, match="No module named"):
        timed(Contestant("nobody", "torch"), job(bench))
