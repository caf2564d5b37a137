from __future__ import annotations

from typing import Any

import pytest
from search_spaces import FOCAL, choices, own_values, recipe, refusal, resolved, span

from ablation.errors import UserError
from ablation.experiment.config.setting_paths import (
    declared_settings,
    has_setting,
    is_part,
    part_of,
    parts_first,
    patch_of,
    with_values,
)
from ablation.experiment.search.parameters import suggested
from ablation.recipe.merge import flattened


def test_what_only_another_component_has_is_left_out_with_a_notice() -> None:
    space = resolved(
        {"loss.gamma": span(0, 5), "model.head.hidden_dropout": span(0, 0.5), "loss.label_smoothing": span(0, 1e-1)}
    )
    assert [each.path for each in space.parameters] == ["loss.label_smoothing"]
    assert space.notices == (
        "loss.gamma: cross_entropy has no gamma; a rung with loss: focal has",
        "model.head.hidden_dropout: linear has no hidden_dropout; a rung with model.head: bn_mlp has",
    )


def test_nothing_left_is_refused_with_the_reasons() -> None:
    assert refusal({"loss.gamma": span(0, 5), "train.ema.decay": span(0.9, 0.99)}) == (
        ": nothing is left to search in this row\n"
        "  loss.gamma: cross_entropy has no gamma; a rung with loss: focal has\n"
        "  train.ema.decay: train.ema is none here, so it has no decay"
    )


def test_a_section_that_is_none_comes_with_its_settings() -> None:
    space = resolved({"train.ema.decay": span(0.9, 0.99), "train.ema": choices(None, {"warmup": False})})
    drawn = {"train.ema": {"warmup": False}, "train.ema.decay": 0.95}
    ema = with_values(recipe(), suggested(space, recipe(), lambda parameter: drawn[parameter.path])).train.ema
    assert ema is not None
    assert ema.model_dump() == {"decay": 0.95, "warmup": False}
    assert own_values(space, recipe()) == {"train.ema": None}


def test_a_choice_of_the_rows_own_component_keeps_its_settings() -> None:
    row = recipe(loss=FOCAL)
    space = resolved({"loss": choices("cross_entropy", "focal")}, row)
    assert with_values(row, own_values(space, row)) == row
    assert with_values(row, {"loss": "cross_entropy"}).loss.model_dump() == {
        "name": "cross_entropy",
        "label_smoothing": 0,
    }


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"loss": choices("cross_entropy", "focal"), "loss.name": choices("a", "b")}, ": loss and loss.name are one"),
        (
            {"loss": choices("cross_entropy", {"name": "focal", "gamma": 1}), "loss.gamma": span(0, 5)},
            ".loss.choices: {name: focal, gamma: 1} sets loss.gamma, which is searched by itself",
        ),
        (
            {"balance.class_weights": choices("none", "balanced"), "balance.power": span(0.2, 1)},
            ": balance.class_weights: none with balance.power: 0.2: power has no effect without",
        ),
        (
            {"optimizer.decay_norm_and_bias": choices(True, False), "optimizer.weight_decay": span(0, 0.1)},
            ": optimizer.decay_norm_and_bias: false with optimizer.weight_decay: 0.0: decay_norm_and_bias has no eff",
        ),
    ],
)
def test_parameters_at_odds_are_refused(space: dict[str, Any], message: str) -> None:
    assert refusal(space).startswith(message)


def test_an_epoch_that_a_phase_needs_is_not_searched_away() -> None:
    row = recipe(phases={"late": {"start": 2, "patch": {"loss": {"label_smoothing": 0.1}}}})
    assert refusal({"train.epochs": span(1, 4)}, row).startswith(
        ".train.epochs.low: phase 'late': starts at epoch 2, but train.epochs is 1"
    )
    assert resolved({"loss.label_smoothing": span(0, 0.2)}, row).notices == (
        "loss.label_smoothing: phase late sets it too, so what is searched holds only before that",
    )


def test_a_grid_needs_steps_of_floats_alone() -> None:
    whole = {"train.epochs": span(1, 4), "loss.label_smoothing": span(0, 0.1, step=0.05)}
    assert len(resolved(whole, sampler="grid").parameters) == 2
    assert refusal(whole | {"optimizer.lr": span(1e-4, 1e-2, log=True)}, sampler="grid") == (
        ".optimizer.lr: a grid needs a step here\n  give step, or list the values: optimizer.lr: {choices: [...]}"
    )


def test_cmaes_says_what_it_draws_at_random() -> None:
    two = {"optimizer.lr": span(1e-4, 1e-2), "loss.label_smoothing": span(0, 0.1)}
    assert resolved(two, sampler="cmaes").notices == ()
    assert resolved(two | {"train.clip_norm": choices(None, 1)}, sampler="cmaes").notices[0].startswith("train.clip_n")
    with pytest.raises(UserError, match="cmaes searches two numbers or more"):
        resolved({"optimizer.lr": span(1e-4, 1e-2), "train.clip_norm": choices(None, 1)}, sampler="cmaes")


def test_a_patch_sets_components_before_their_settings() -> None:
    values = {"loss.gamma": 1, "model.head.dropout": 0.1, "loss": "focal", "model": {"head": "mlp"}}
    assert patch_of(values) == {
        "loss": {"name": "focal", "gamma": 1},
        "model": {"head": {"name": "mlp", "dropout": 0.1}},
    }
    assert patch_of({"train.clip_norm": None}) == {"train": {"clip_norm": None}}
    assert parts_first(["a.b", "model.head", "c", "model"]) == ["model", "model.head", "a.b", "c"]
    assert [part_of(path) for path in ("loss.name", "model.head.name", "loss.gamma")] == [
        "loss",
        "model.head",
        "loss.gamma",
    ]


def test_every_setting_of_a_recipe_is_declared() -> None:
    row = recipe(loss=FOCAL, train={"ema": {}, "early_stopping": {}})
    paths = [path for path in flattened(row.model_dump()) if not path.startswith(("data.classes", "phases"))]
    assert set(paths) <= set(declared_settings())
    assert all(has_setting(row, path) for path in paths)
    assert not any(has_setting(row, path) for path in ("loss.beta", "train.ema.x", "phases.a", "optimizer.lr.x", "x"))
    assert [is_part(path) for path in ("train.ema", "model.head.name", "loss.gamma")] == [True, True, False]


def test_values_that_make_no_recipe_are_refused_in_their_place() -> None:
    with pytest.raises(UserError, match="must be 0 or more, not -1") as caught:
        with_values(recipe(loss=FOCAL), {"loss.gamma": -1})
    assert caught.value.place == "loss.gamma"
