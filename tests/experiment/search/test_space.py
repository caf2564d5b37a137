from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ablation.errors import UserError
from ablation.experiment.config.search import TuneSettings
from ablation.experiment.config.setting_paths import (
    applied,
    declared,
    has_setting,
    is_part,
    part_of,
    parts_first,
    patch_of,
)
from ablation.experiment.search.resolve_space import resolve_space
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.suggesting import suggested
from ablation.recipe.merge import flattened
from ablation.recipe.recipe import Recipe

DIGITS: dict[str, Any] = {
    "data": {"source": "digits", "image_size": 16},
    "model": {"backbone": "small_cnn", "head": {"name": "linear", "dropout": 0.2}},
    "loss": {"name": "cross_entropy", "label_smoothing": 0.05},
    "balance": {"class_weights": "balanced"},
    "optimizer": {"name": "adamw", "lr": 1e-3},
    "train": {"epochs": 4},
}
FOCAL = {"name": "focal", "gamma": 2.0, "alpha": 0.25}


def recipe(**sections: Any) -> Recipe:
    return Recipe.model_validate(DIGITS | sections)


def span(low: float, high: float, **more: Any) -> dict[str, Any]:
    return {"low": low, "high": high, **more}


def choices(*listed: Any) -> dict[str, Any]:
    return {"choices": list(listed)}


def resolved(space: dict[str, Any], row: Recipe | None = None, **tune: Any) -> SearchSpace:
    asked = TuneSettings.model_validate({"space": space, **tune})
    return resolve_space(asked, row or recipe(), "digits.yaml: tune")


def refusal(space: dict[str, Any], row: Recipe | None = None, **tune: Any) -> str:
    with pytest.raises(UserError) as caught:
        resolved(space, row, **tune)
    return str(caught.value).removeprefix("digits.yaml: tune.space")


def own(space: SearchSpace, row: Recipe) -> dict[str, Any]:
    return suggested(space, row, lambda parameter: parameter.own)


def test_a_range_takes_the_kind_of_its_setting() -> None:
    space = resolved(
        {
            "optimizer.lr": span(1e-4, 1e-2, log=True),
            "train.batch_size": span(16, 64, step=16),
            "model.head.dropout": span(0, 0.5),
        }
    )
    assert space.parameters == (
        Parameter("optimizer.lr", "float", 1e-3, 1e-4, 1e-2, log=True),
        Parameter("train.batch_size", "int", 32, 16, 64, step=16),
        Parameter("model.head.dropout", "float", 0.2, 0, 0.5),
    )
    whole = space.parameters[1]
    assert {type(each) for each in (whole.own, whole.low, whole.high, whole.step)} == {int}
    assert space.notices == ()


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"optimzer.lr": span(0, 1)}, ": no setting 'optimzer.lr'\n  did you mean 'optimizer.lr'?"),
        ({"loss.gama": span(0, 1)}, ": no setting 'loss.gama'\n  did you mean 'loss.gamma'?"),
        ({"optimizer.lr": span(-1, 1)}, ".optimizer.lr.low: must be above 0, not -1.0"),
        ({"optimizer.lr": span(0, 1)}, ".optimizer.lr.low: must be above 0, not 0.0"),
        ({"model.head.dropout": span(0, 1.5)}, ".model.head.dropout.high: must be below 1, not 1.5"),
        ({"train.batch_size": span(1, 64)}, ".train.batch_size.low: must be 2 or more, not 1"),
        ({"train.batch_size": span(16, 64.5)}, ".train.batch_size.high: must be a whole number, not 64.5"),
        ({"train.epochs": span(1, 4, step=1.5)}, ".train.epochs.step: must be a whole number, not 1.5"),
        ({"balance.class_weights": span(0, 1)}, ".balance.class_weights: takes no number, so it has no range"),
        ({"optimizer.decay_norm_and_bias": span(0, 1)}, ".optimizer.decay_norm_and_bias: takes no number"),
        ({"loss": span(0, 1)}, ".loss: takes no number, so it has no range"),
        ({"loss": choices("cross_entropy", "foccal")}, ".loss.choices[2]: no component 'foccal'; did you mean 'focal'"),
        ({"loss.name": choices("cross_entropy", "foccal")}, ".loss.name.choices[2]: no component 'foccal'; did you"),
        ({"model.head": choices("linear", "big")}, ".model.head.choices[2]: no component 'big'; known: bn_mlp, linear"),
        (
            {"loss": choices("cross_entropy", {"name": "focal", "gamma": -1})},
            ".loss.choices[2]: loss.gamma: must be 0 or more, not -1",
        ),
        ({"train.clip_norm": choices(None, -1)}, ".train.clip_norm.choices[2]: must be above 0, not -1"),
        ({"loss": choices("focal", "cross_entropy", {"name": "focal"})}, ".loss.choices[3]: comes to the same as ch"),
        (
            {"loss.label_smoothing": choices(0.05, True)},
            ".loss.label_smoothing.choices[2]: true has no meaning here; give a number or a text",
        ),
    ],
)
def test_what_a_setting_does_not_take_is_refused(space: dict[str, Any], message: str) -> None:
    assert refusal(space).startswith(message)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"optimizer.lr": span(2e-3, 1)}, ".optimizer.lr: the row's own value, 0.001, lies outside\n  widen the range"),
        ({"loss": choices("focal", {"name": "focal", "gamma": 1})}, ".loss.choices: the row's own value, {name: cross"),
        ({"train.batch_size": span(10, 50, step=20)}, ".train.batch_size: the row's own value, 32, is no whole number"),
        ({"optimizer.backbone_lr": span(0.1, 1)}, ".optimizer.backbone_lr: the row's own value, null, is no number"),
        ({"model.trainable": span(1, 3)}, ".model.trainable: the row's own value, all, is no number that a range"),
    ],
)
def test_a_space_without_the_rows_own_value_is_refused(space: dict[str, Any], message: str) -> None:
    assert refusal(space).startswith(message)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "data",
            "data.source",
            "data.val_size",
            "data.train_fraction",
            "data.confirm_size",
            "phases",
            "phases.a.start",
        ),
        *("train", "train.keep", "train.keep_by", "inference", "inference.ensemble_with", "inference.threshold"),
        "inference.calibration",
    ],
)
def test_rules_of_the_experiment_are_not_searched(path: str) -> None:
    assert refusal({path: span(0, 1)}).startswith(f".{path}: cannot be searched: ")


def test_what_of_the_data_keeps_the_images_is_searched() -> None:
    assert resolved({"data.image_size": span(8, 32)}).parameters[0].kind == "int"


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_epochs_are_not_searched_where_they_are_compared(pruner: str) -> None:
    assert refusal({"train.epochs": span(1, 4)}, pruner=pruner).startswith(
        f".train.epochs: cannot be searched: {pruner}"
    )
    assert resolved({"train.epochs": span(1, 4)}).parameters[0].own == 4


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


@pytest.mark.parametrize("named", ["loss", "loss.name"])
def test_a_setting_of_a_searched_component_is_asked_for_where_it_is_chosen(named: str) -> None:
    row = recipe()
    space = resolved({"loss.gamma": span(0, 5), named: choices("cross_entropy", "focal")}, row)
    assert [each.path for each in space.parameters] == [named, "loss.gamma"]
    assert own(space, row) == {named: "cross_entropy"}
    drawn = suggested(space, row, lambda parameter: {named: "focal", "loss.gamma": 3}[parameter.path])
    assert drawn == {named: "focal", "loss.gamma": 3.0}
    assert applied(row, drawn).loss.model_dump() == {"name": "focal", "gamma": 3, "alpha": 1, "label_smoothing": 0}
    assert refusal({"loss.gamma": span(-1, 5), named: choices("cross_entropy", "focal")}).startswith(
        ".loss.gamma.low: must be 0 or more, not -1.0"
    )


def test_a_section_that_is_none_comes_with_its_settings() -> None:
    space = resolved({"train.ema.decay": span(0.9, 0.99), "train.ema": choices(None, {"warmup": False})})
    drawn = {"train.ema": {"warmup": False}, "train.ema.decay": 0.95}
    ema = applied(recipe(), suggested(space, recipe(), lambda parameter: drawn[parameter.path])).train.ema
    assert ema is not None
    assert ema.model_dump() == {"decay": 0.95, "warmup": False}
    assert own(space, recipe()) == {"train.ema": None}


def test_a_choice_of_the_rows_own_component_keeps_its_settings() -> None:
    row = recipe(loss=FOCAL)
    space = resolved({"loss": choices("cross_entropy", "focal")}, row)
    assert applied(row, own(space, row)) == row
    assert applied(row, {"loss": "cross_entropy"}).loss.model_dump() == {"name": "cross_entropy", "label_smoothing": 0}


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


SCALES = "one number for all classes only scales the loss, on which adamw's steps do not depend; what can matter: "


def test_the_usual_space_is_learning_rate_gamma_and_an_alpha_that_matters() -> None:
    lr, gamma, alpha = resolved({}, recipe(loss=FOCAL, optimizer="sgd")).parameters
    assert lr == Parameter("optimizer.lr", "float", 0.01, 0.001, 0.1, log=True)
    assert gamma == Parameter("loss.gamma", "float", 2.0, 0, 5)
    assert alpha == Parameter("loss.alpha", "float", 0.25, 0.05, 1)


@pytest.mark.parametrize(
    ("sections", "paths", "notice"),
    [
        ({}, ["optimizer.lr"], "loss.gamma: cross_entropy has no gamma; a rung with loss: focal has"),
        (
            {"loss": FOCAL},
            ["optimizer.lr", "loss.gamma"],
            f"loss.alpha is left out: {SCALES}balance.power, or alpha per class, as choices of lists",
        ),
        (
            {"loss": FOCAL, "balance": {}},
            ["optimizer.lr", "loss.gamma"],
            f"loss.alpha is left out: {SCALES}balance.power with balance.class_weights: balanced, or alpha per class, "
            "as choices of lists",
        ),
        (
            {"loss": FOCAL | {"alpha": [1, 2]}, "optimizer": "sgd"},
            ["optimizer.lr", "loss.gamma"],
            "loss.alpha is left out: it is given per class here, so only choices of lists can search it",
        ),
        (
            {"loss": FOCAL, "optimizer": "sgd"},
            ["optimizer.lr", "loss.gamma", "loss.alpha"],
            "loss.alpha: one number for all classes scales the loss, so under sgd it is another learning rate",
        ),
    ],
)
def test_the_usual_space_leaves_out_what_cannot_matter(sections: dict[str, Any], paths: list[str], notice: str) -> None:
    space = resolved({}, recipe(**sections))
    assert [each.path for each in space.parameters] == paths
    assert space.notices[0] == notice


@pytest.mark.parametrize(
    "sections",
    [{"optimizer": {"name": "adam", "weight_decay": 0.1}}, {"train": {"epochs": 4, "clip_norm": 1.0}}],
)
def test_a_scalar_alpha_matters_to_decay_and_clipping(sections: dict[str, Any]) -> None:
    assert len(resolved({}, recipe(loss=FOCAL, **sections)).parameters) == 3


def test_the_usual_space_reaches_the_rows_own_values() -> None:
    row = recipe(loss={"name": "focal", "gamma": 7, "alpha": 0.01}, optimizer="sgd")
    assert applied(row, own(resolved({}, row), row)) == row


def test_an_alpha_that_only_scales_is_kept_where_it_is_asked_for() -> None:
    space = resolved({"loss.alpha": span(0.05, 1)}, recipe(loss=FOCAL))
    assert space.parameters[0].own == 0.25
    assert space.notices[0].startswith(f"loss.alpha: {SCALES}")
    assert refusal({"loss.alpha": span(0.05, 1)}, recipe(loss=FOCAL | {"alpha": [1, 2]})).startswith(
        ".loss.alpha: the row's own value, [1.0, 2.0], is no number that a range could hold"
    )
    per_class = resolved({"loss.alpha": choices([1, 2], [2, 1])}, recipe(loss=FOCAL | {"alpha": [1, 2]}))
    assert (per_class.parameters[0].own, per_class.notices) == ([1, 2], ())


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
    assert set(paths) <= set(declared())
    assert all(has_setting(row, path) for path in paths)
    assert not any(has_setting(row, path) for path in ("loss.beta", "train.ema.x", "phases.a", "optimizer.lr.x", "x"))
    assert [is_part(path) for path in ("train.ema", "model.head.name", "loss.gamma")] == [True, True, False]


def test_values_that_make_no_recipe_are_refused_in_their_place() -> None:
    with pytest.raises(UserError, match="must be 0 or more, not -1") as caught:
        applied(recipe(loss=FOCAL), {"loss.gamma": -1})
    assert caught.value.place == "loss.gamma"


WIDE = {
    "optimizer.name": choices("adamw", "sgd", "adam"),
    "optimizer.lr": span(1e-5, 1e-1, log=True),
    "optimizer.weight_decay": span(0, 0.1),
    "optimizer.momentum": span(0.5, 0.99),
    "loss": choices("cross_entropy", "focal", {"name": "focal", "alpha": 0.25}),
    "loss.gamma": span(0, 5),
    "loss.label_smoothing": span(0, 0.2, step=0.05),
    "balance.power": span(0.1, 1),
    "model.head": choices("linear", "bn_mlp", "mlp"),
    "model.head.dropout": span(0, 0.6),
    "model.head.hidden_dropout": span(0, 0.6),
    "schedule": choices("constant", "cosine", {"name": "onecycle", "peak": 2.0}),
    "schedule.end": span(0, 0.1),
    "train.batch_size": span(8, 64, step=8),
    "train.ema": choices(None, {"decay": 0.9}),
    "mix": choices("none", "mixup"),
    "mix.alpha": span(0.1, 1),
}
ROWS = [recipe(), recipe(loss=FOCAL | {"gamma": 1.0, "alpha": 1.0}, schedule="cosine", optimizer={"name": "sgd"})]


@functools.cache
def wide(number: int) -> SearchSpace:
    return resolved(WIDE if number == 0 else WIDE | {"loss": choices("cross_entropy", "focal")}, ROWS[number])


@st.composite
def draws(draw: DrawFn) -> tuple[Recipe, dict[str, Any]]:
    number = draw(st.sampled_from(range(len(ROWS))))

    def value(parameter: Parameter) -> Any:
        if parameter.kind == "categorical":
            return draw(st.sampled_from(parameter.choices))
        if parameter.step is not None:
            steps = round((parameter.high - parameter.low) / parameter.step)
            return parameter.low + parameter.step * draw(st.integers(0, steps))
        return draw(st.floats(parameter.low, parameter.high))

    return ROWS[number], suggested(wide(number), ROWS[number], value)


@settings(max_examples=25)
@given(draws())
def test_any_draw_makes_a_recipe_with_these_values(drawn: tuple[Recipe, dict[str, Any]]) -> None:
    row, values = drawn
    made = applied(row, values)
    assert json.loads(json.dumps(values)) == values
    assert all(has_setting(made, path) for path in values)
    written = flattened(made.model_dump())
    assert all(written[path] == value for path, value in values.items() if not is_part(path))


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_the_own_values_are_the_row(number: int) -> None:
    assert applied(ROWS[number], own(wide(number), ROWS[number])) == ROWS[number]
