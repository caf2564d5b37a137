"""Who runs when, under what environment, and what is said of one that fails."""

from __future__ import annotations

import pytest
from bench import Bench
from bench_jobs import job

from ablation.bench.contestants import OURS, PEERS, PLAIN, Contestant, peers_of
from ablation.bench.processes import FailedError, environment_of, in_turn, timed
from ablation.errors import UserError


def test_contestants_take_turns() -> None:
    assert "".join(each.name[0] for each in in_turn((OURS, *PEERS[:2]), 3)) == "oplopl" + "opl"


def test_all_have_the_same_threads_and_ours_keeps_its_memory() -> None:
    ours, plain = environment_of(OURS, 3), environment_of(PLAIN, 3)
    assert ours["OMP_NUM_THREADS"] == plain["OMP_NUM_THREADS"] == "3"
    assert "MALLOC_TRIM_THRESHOLD_" in ours
    assert "MALLOC_TRIM_THRESHOLD_" not in plain


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


def test_a_process_that_fails_tells_its_last_line(bench: Bench) -> None:
    with pytest.raises(FailedError, match="No module named"):
        timed(Contestant("nobody", "torch"), job(bench))
