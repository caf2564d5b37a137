"""The trainers, the recipes that they cannot follow, and their processes."""

from __future__ import annotations

from typing import Any

import pytest
from bench import BASELINE, Bench
from bench_jobs import job

from ablation.bench.trainers import (
    CROPPED,
    OURS,
    PEERS,
    PLAIN,
    Contestant,
    FailedError,
    beyond_peers,
    beyond_scripts,
    check,
    peers_of,
    timed,
)
from ablation.errors import UserError
from ablation.experiment.execution.worker_pool import worker_environment
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe


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

    monkeypatch.setattr("ablation.bench.trainers.subprocess.Popen", started)
    with pytest.raises(OSError, match="in name only"):
        timed(contestant, job(bench).on(3))
    assert seen == [worker_environment(3)]


def test_a_process_that_fails_says_its_last_line(bench: Bench) -> None:
    with pytest.raises(FailedError, match="No module named"):
        timed(Contestant("nobody", "torch"), job(bench))


CORE_ONLY: dict[str, dict[str, Any]] = {
    "phases": {"phases": {"late": {"start": {"epoch": 1}, "patch": {"optimizer": {"lr": 1e-4}}}}},
    "train.ema": {"train": {"ema": {}}},
    "train.early_stopping": {"train": {"early_stopping": {}}},
    "train.accumulate": {"train": {"accumulate": 2}},
    "train.keep": {"train": {"keep": "best"}},
    "schedule": {"schedule": {"name": "plateau"}},
    "model.trainable": {"model": {"trainable": "head"}},
    "inference.members": {"inference": {"members": 2}},
    "inference.ensemble_with": {"inference": {"ensemble_with": ["baseline"]}},
    "inference.calibration or inference.threshold": {"inference": {"calibration": "temperature"}},
}
SCRIPTS_TOO: dict[str, dict[str, Any]] = {
    "augment": {"augment": {"name": "basic"}},
    "mix": {"mix": {"name": "mixup"}},
    "train.clip_norm": {"train": {"clip_norm": 1.0}},
}


def recipe(patch: dict[str, Any]) -> Recipe:
    return Recipe.model_validate(merged(BASELINE, patch))


@pytest.mark.parametrize(("name", "patch"), CORE_ONLY.items())
def test_what_the_plain_loop_has_nothing_for_is_named(name: str, patch: dict[str, Any]) -> None:
    assert list(beyond_scripts(recipe(patch))) == [name]
    with pytest.raises(UserError, match="a row sets"):
        check("a row", recipe(patch), [PLAIN])


@pytest.mark.parametrize(("name", "patch"), SCRIPTS_TOO.items())
def test_what_only_scripts_follow_is_named(name: str, patch: dict[str, Any]) -> None:
    assert list(beyond_peers(recipe(patch))) == [name]
    check("a row", recipe(patch), [PLAIN])
    with pytest.raises(UserError, match="switch it off"):
        check("a row", recipe(patch), PEERS)


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"inference": {"tta": ["identity", "shift"]}},
        {"loss": {"name": "focal"}},
        {"balance": {"sampling": "weighted"}},
    ],
)
def test_what_all_can_follow_passes(patch: dict[str, Any]) -> None:
    check("a row", recipe(patch), PEERS)
