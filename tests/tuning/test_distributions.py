from __future__ import annotations

import pytest

from ablation.experiment.search.space import Parameter
from ablation.tuning.distributions import labels_of


@pytest.mark.parametrize(
    ("choices", "labels"),
    [
        (("a", "b"), ["a", "b"]),
        ((1, 2.5, None), [1, 2.5, None]),
        ((True, 1), ["true", "1"]),
        (("a", {"name": "b", "x": 1}), ["a", "{name: b, x: 1}"]),
        (([1], "[1]"), ["[1]", "'[1]'"]),
    ],
)
def test_choices_have_labels_that_optuna_can_store_and_tell_apart(
    choices: tuple[object, ...], labels: list[str]
) -> None:
    parameter = Parameter("x", "categorical", choices[0], choices=choices)
    assert list(labels_of(parameter)) == labels
    assert [type(each) for each in labels_of(parameter)] == [type(each) for each in labels]
    assert list(labels_of(parameter).values()) == list(choices)
