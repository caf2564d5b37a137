"""Who finishes where."""

from __future__ import annotations

import pytest
from bench_records import times

from ablation.bench import trainer
from ablation.bench.job import Answer, Job
from ablation.bench.measurements import MedianRange
from ablation.bench.trainer import finishers_of
from ablation.bench.trainers import PEERS, Contestant, Timed


def test_ratios_are_to_the_fastest_peer_round_by_round() -> None:
    found = finishers_of(times({"ours": [8.0, 8.0, 30.0], "skorch": [12.0, 12.0, 60.0], "plain": [10.0, 10.0, 40.0]}))
    assert [each.name for each in found] == ["ours", "plain", "skorch"]
    assert found[0].ratio == MedianRange(0.8, 0.75, 0.8, 3)
    assert found[1].ratio == MedianRange(1.0, 1.0, 1.0, 3)
    assert found[2].ratio.median == pytest.approx(1.2)


def test_the_plain_loop_on_our_network_is_no_peer() -> None:
    found = finishers_of(times({"ours": [8.0], "cropped": [7.0], "skorch": [12.0], "plain": [10.0]}))
    assert [each.name for each in found] == ["ours", "cropped", "plain", "skorch"]
    assert [each.ratio.median for each in found] == [0.8, 0.7, 1.0, 1.2]


def test_the_fastest_peer_is_never_ours() -> None:
    ours, peer = finishers_of(times({"ours": [1.0], "fastai": [2.0]}))
    assert (ours.ratio.median, peer.ratio.median) == (0.5, 1.0)
    assert ours.process_ratio.median == pytest.approx(3 / 4)
    assert ours.images_per_second == 300


def test_trainers_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def timed(contestant: Contestant, job: Job, processors: int | None) -> Timed:
        order.append(contestant.name[0])
        return Timed(2.0, Answer(1.0, 100, 0.5))

    monkeypatch.setattr(trainer, "timed", timed)
    job = Job({"device": "cpu", "recipe": {"train": {"threads": 1}}}, "")
    trainer._rounds(job, PEERS[:1], 3, notify=lambda _: None)
    assert "".join(order) == 3 * "ocp"
