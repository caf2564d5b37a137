from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from search_spaces import FOCAL, choices, own_values, recipe, refusal, resolved, span

from ablation.experiment.config.setting_paths import (
    has_setting,
    is_part,
    with_values,
)
from ablation.experiment.search.parameters import suggested
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.recipe.merge import flattened
from ablation.recipe.recipe import Recipe


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


@pytest.mark.parametrize("named", ["loss", "loss.name"])
def test_a_setting_of_a_searched_component_is_asked_for_where_it_is_chosen(named: str) -> None:
    row = recipe()
    space = resolved({"loss.gamma": span(0, 5), named: choices("cross_entropy", "focal")}, row)
    assert [each.path for each in space.parameters] == [named, "loss.gamma"]
    assert own_values(space, row) == {named: "cross_entropy"}
    drawn = suggested(space, row, lambda parameter: {named: "focal", "loss.gamma": 3}[parameter.path])
    assert drawn == {named: "focal", "loss.gamma": 3.0}
    assert with_values(row, drawn).loss.model_dump() == {"name": "focal", "gamma": 3, "alpha": 1, "label_smoothing": 0}
    assert refusal({"loss.gamma": span(-1, 5), named: choices("cross_entropy", "focal")}).startswith(
        ".loss.gamma.low: must be 0 or more, not -1.0"
    )


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
    made = with_values(row, values)
    assert json.loads(json.dumps(values)) == values
    assert all(has_setting(made, path) for path in values)
    written = flattened(made.model_dump())
    assert all(written[path] == value for path, value in values.items() if not is_part(path))


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_the_own_values_are_the_row(number: int) -> None:
    assert with_values(ROWS[number], own_values(wide(number), ROWS[number])) == ROWS[number]
