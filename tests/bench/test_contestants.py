"""The trainers, the environment of their processes, and the message of one that fails."""

from __future__ import annotations

import pytest
from bench import Bench
from bench_jobs import job

from ablation.bench.contestants import CROPPED, OURS, PEERS, PLAIN, Contestant, FailedError, peers_of, timed
from ablation.errors import UserError
from ablation.experiment.execution.worker_pool import worker_environment


def test_a_peer_that_is_not_installed_says_how_to_install_it() -> None:
    missing = Contestant("nobody", "a_library_that_is_not_there").missing
    assert missing == "not installed: pip install a_library_that_is_not_there, or uv sync --group bench"
    assert PLAIN.missing == ""


def test_an_unknown_peer_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="lightning") as caught:
        peers_of(["lightening"])
    assert caught.value.place == "--peer"


def test_peers_come_in_the_usual_order() -> None:
    assert [peer.name for peer in peers_of(["skorch", "plain"])] == ["plain", "skorch"]
    assert peers_of([]) == PEERS


@pytest.mark.parametrize("contestant", [OURS, CROPPED, *PEERS], ids=lambda each: each.name)
def test_all_have_the_environment_of_a_worker(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, contestant: Contestant
) -> None:
    seen: list[dict[str, str]] = []

    def started(command: list[str], env: dict[str, str], **_: object) -> None:
        seen.append(env)
        raise OSError("started in name only")

    monkeypatch.setattr("ablation.bench.contestants.subprocess.Popen", started)
    with pytest.raises(OSError, match="in name only"):
        timed(contestant, job(bench).on(3))
    assert seen == [worker_environment(3)]


def test_a_process_that_fails_tells_its_last_line(bench: Bench) -> None:
    with pytest.raises(FailedError, match="No module named"):
        timed(Contestant("nobody", "torch"), job(bench))
