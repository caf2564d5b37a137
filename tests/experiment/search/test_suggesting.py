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
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.suggesting import suggested
from ablation.recipe.merge import flattened
from ablation.recipe.recipe import Recipe


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
