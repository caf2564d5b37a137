from __future__ import annotations

from typing import Any

import pytest
from search_spaces import choices, refusal, resolved, span

from ablation.experiment.search.space import Parameter


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
