"""A user's own metric: found by import path, and every mistake in it one message."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from predicted import EXACT, made
from sklearn.metrics import cohen_kappa_score

from ablation.errors import UserError
from ablation.metrics import __doc__ as HOW_TO_ADD
from ablation.metrics.metric import Metric, bootstrap_weights
from ablation.metrics.own import own_metric
from ablation.metrics.registry import metric

Written = Callable[[str], str]
HEAD = "import numpy as np\nfrom ablation.metrics import Metric\n"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Writes a module of metrics into a folder that is looked in, and returns the import path of its ``OWN``."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)

    def write(source: str) -> str:
        sys.modules.pop("own_metrics", None)
        (tmp_path / "own_metrics.py").write_text(HEAD + source)
        importlib.invalidate_caches()
        return "own_metrics:OWN"

    yield write
    sys.modules.pop("own_metrics", None)


def example_of_the_docstring() -> str:
    """The code that the package's docstring shows."""
    _, _, code = HOW_TO_ADD.partition("::\n")
    lines = code.partition("\n``weighted``")[0].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines).replace("KAPPA", "OWN")


def test_the_example_of_the_docstring_is_scikit_learns_kappa(written: Written) -> None:
    kappa, predicted = metric(written(example_of_the_docstring())), made(200, 4, seed=5)
    expected = cohen_kappa_score(predicted.labels, predicted.decisions)
    assert kappa.value(predicted) == pytest.approx(expected, abs=EXACT)
    weights = bootstrap_weights(predicted.labels, 3, np.random.default_rng(0), by_class=False)
    again = [
        cohen_kappa_score(predicted.labels, predicted.decisions, sample_weight=each.astype(float)) for each in weights
    ]
    assert kappa.weighted(predicted, weights) == pytest.approx(again, abs=EXACT)


def test_it_is_known_by_its_import_path_and_by_its_own_label(written: Written) -> None:
    source = "OWN = Metric('kappa', 'my kappa', '', False, lambda p, w: np.zeros(len(w)), per_epoch=True)"
    own = own_metric(written(source))
    assert (own.name, own.label, own.higher_is_better) == ("own_metrics:OWN", "my kappa", False)
    assert own.name_in_epochs == own.name
    assert not own.per_epoch


WEIGHTED = "OWN = Metric('own', 'own', '', True, lambda p, w: {formula})"
EXAMPLES = "OWN = Metric('own', 'own', '', True, lambda p, w: np.full(len(w), 0.5), per_example=lambda p: {formula})"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (WEIGHTED.format(formula="1 / 0"), "raised ZeroDivisionError"),
        (WEIGHTED.format(formula="w"), r"returned the shape \(1, 30\)\n.*return the shape \(1,\)"),
        (WEIGHTED.format(formula="'much'"), "raised ValueError: could not convert"),
        (EXAMPLES.format(formula="p.missing"), "raised AttributeError"),
        (EXAMPLES.format(formula="np.zeros(3)"), r"returned the shape \(3,\)"),
        (EXAMPLES.format(formula="np.ones(30)"), "the mean of per_example is 1, weighted gives 0.5"),
    ],
)
def test_a_mistake_in_a_formula_is_one_message_with_the_file(written: Written, source: str, problem: str) -> None:
    own, predicted = own_metric(written(source)), made(30, 3, seed=0)
    with pytest.raises(UserError, match=rf"own_metrics\.py: OWN.*{problem}"):
        score_in_every_way(own, predicted)


def score_in_every_way(own: Metric, predicted) -> None:
    own.value(predicted)
    if own.per_example is not None:
        own.per_example(predicted)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", r"metric: cannot import 'own_metrics:OWN' \(AttributeError"),
        ("raise RuntimeError('no')", r"metric: cannot import 'own_metrics:OWN' \(RuntimeError: no\)"),
        ("OWN = 3", r"own_metrics.py: OWN: 'own_metrics:OWN' is no Metric, but int"),
    ],
)
def test_what_is_no_metric_is_refused_with_its_place(written: Written, source: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        own_metric(written(source))


def test_an_unknown_module_is_refused() -> None:
    with pytest.raises(UserError, match=r"(?s)cannot import .nowhere_at_all:OWN.*folder"):
        metric("nowhere_at_all:OWN")
