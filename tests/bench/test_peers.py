"""Every contestant that is installed trains a tiny job in its own process."""

from __future__ import annotations

import pytest
from bench import Bench
from bench_jobs import job

from ablation.bench.trainers import CROPPED, OURS, PEERS, PLAIN, Contestant, timed

PATCH = {"schedule": {"name": "cosine"}, "balance": {"class_weights": "balanced"}}


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("peer", [OURS, CROPPED, *PEERS[1:]], ids=lambda peer: peer.name)
def test_a_contestant_trains_what_the_plain_loop_trains(bench: Bench, peer: Contestant, precision: str) -> None:
    if peer.missing:
        pytest.skip(peer.missing)
    told = job(bench, PATCH | {"train": {"precision": precision}})
    found, expected = timed(peer, told), timed(PLAIN, told)
    assert found.answer.images == expected.answer.images == 2 * len(bench.training(PATCH).split.train)
    assert found.answer.val_accuracy == pytest.approx(
        expected.answer.val_accuracy, abs=0.1 if precision == "bf16" else 1e-9
    )
    assert 0 < found.answer.seconds < found.seconds
