from __future__ import annotations

import pytest

from ablation.bench.trainers import PEERS, PLAIN, Contestant, peers_of
from ablation.errors import UserError


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
