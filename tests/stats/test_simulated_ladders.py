"""Ladders whose truth is known: does the interval cover, does Holm hold, is power what was planned."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from simulated import (
    Moments,
    Truth,
    answers,
    cochran_cox,
    examples_only,
    gaussian,
    holm_adjusted,
    moments,
    of_the_table,
    p_values,
    replicates_only,
    steps,
    two_components,
)

from ablation.stats.adjust import holm
from ablation.stats.components import Components, components
from ablation.stats.interval import wider_interval
from ablation.stats.paired import paired_t
from ablation.stats.power import chance_to_find, replicates_needed, smallest_detectable

NULL = Truth(correct=(0.8,) * 4)
ONE_GAIN = Truth(correct=(0.7, 0.8, 0.8, 0.8))
LADDERS = 4000
TWO_ERRORS = 2 * math.sqrt(0.05 * 0.95 / LADDERS)
"""Two standard errors of a share of .05 over as many ladders: .0069."""


def seen(model, truth: Truth, k: int, n: int, ladders: int = LADDERS, seed: int = 0) -> Moments:
    return moments(steps(model, truth, ladders, k, n, seed))


def missed(found: Moments, truth: Truth, reach=of_the_table, alpha: float = 0.05) -> np.ndarray:
    """Whether each interval (ladders, steps) leaves the truth out."""
    return np.abs(found.mean - truth.gains) > reach(found, alpha) + 1e-12


def family_errors(found: Moments, truth: Truth) -> float:
    """Share of ladders with a Holm-adjusted p of at most .05 for a step that gains nothing."""
    nothing = truth.gains == 0
    return float((holm_adjusted(p_values(found))[:, nothing] <= 0.05).any(axis=1).mean())


def true_components(truth: Truth, k: int, n: int) -> Components:
    """What components of a Gaussian step would be if they were known."""
    taste, training, noise = (2 * sd**2 for sd in (truth.taste, truth.training, truth.noise))
    return Components(0, (taste + noise / k) / n, n - 1, training + noise / n, noise / n, k)


@pytest.mark.parametrize("model", [gaussian, answers])
@pytest.mark.parametrize(("k", "n"), [(2, 2), (3, 40), (5, 30)])
def test_the_simulations_formula_and_the_package_agree(model, k, n):
    (matrices,) = steps(model, NULL, 20, k, n)
    many = moments([matrices])
    differences = [matrix for ladder in matrices for matrix in ladder]
    parts = [components(each).interval() for each in differences]
    reach = [(one.high - one.low) / 2 for one in parts]
    assert reach == pytest.approx(two_components(many, 0.05).ravel(), rel=1e-6, abs=1e-12)
    both = [wider_interval(part, paired_t(each.mean(axis=1))) for part, each in zip(parts, differences, strict=True)]
    assert [(one.high - one.low) / 2 for one in both] == pytest.approx(
        of_the_table(many, 0.05).ravel(), rel=1e-6, abs=1e-12
    )
    assert [one.p for one in both] == pytest.approx(p_values(many).ravel(), rel=1e-6, abs=1e-12)
    families = p_values(many)[:5]
    assert np.array([holm(family) for family in families]) == pytest.approx(holm_adjusted(families))


def test_arms_of_a_simulated_ladder_have_the_shares_correct_they_were_given():
    truth = Truth(correct=(0.7, 0.8, 0.95))
    found = seen(answers, truth, 5, 100, 400)
    assert found.mean.mean(axis=0) == pytest.approx(truth.gains, abs=0.01)


@pytest.mark.parametrize("model", [gaussian, answers])
def test_a_few_hundred_null_ladders_give_few_false_gains(model):
    found = seen(model, NULL, 5, 100, 400)
    assert missed(found, NULL).mean() < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)
    assert family_errors(found, NULL) < 0.05 + 2 * math.sqrt(0.05 * 0.95 / 400)


@pytest.mark.slow
@pytest.mark.parametrize("model", [gaussian, answers])
@pytest.mark.parametrize("training", [0.1, 0.2])
def test_false_positives_of_ten_replicates_are_alpha(model, training):
    truth = Truth(training=training)
    assert missed(seen(model, truth, 10, 200), truth).mean() == pytest.approx(0.05, abs=TWO_ERRORS)


@pytest.mark.slow
@pytest.mark.parametrize("model", [gaussian, answers])
@pytest.mark.parametrize("training", [0.0, 0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize(("k", "lowest", "highest"), [(3, 0.02, 0.05), (5, 0.03, 0.06), (10, 0.04, 0.055)])
def test_false_positives_stay_near_alpha_whatever_varies(model, training, k, lowest, highest):
    truth = Truth(training=training)
    share = missed(seen(model, truth, k, 200), truth).mean()
    assert lowest - TWO_ERRORS <= share <= highest + TWO_ERRORS


@pytest.mark.slow
@pytest.mark.parametrize("model", [gaussian, answers])
@pytest.mark.parametrize("truth", [NULL, ONE_GAIN], ids=["null", "one gain"])
@pytest.mark.parametrize("training", [0.1, 0.2])
@pytest.mark.parametrize(("k", "highest"), [(5, 0.055), (10, 0.05)])
def test_holm_keeps_the_chance_of_any_false_gain(model, truth, training, k, highest):
    """At five replicates all but kept: of so few the spread is known too badly for the tails that Holm asks for."""
    truth = dataclasses.replace(truth, training=training)
    assert family_errors(seen(model, truth, k, 200), truth) <= highest + TWO_ERRORS


@pytest.mark.slow
@pytest.mark.parametrize("model", [gaussian, answers])
@pytest.mark.parametrize("k", [5, 10])
def test_a_true_gain_is_covered(model, k):
    truth = Truth(correct=(0.75, 0.8))
    assert 1 - missed(seen(model, truth, k, 200), truth).mean() == pytest.approx(0.95, abs=0.01 + TWO_ERRORS)


@pytest.mark.slow
@pytest.mark.parametrize(("gain", "n"), [(0.2, 200), (0.15, 400)])
def test_the_replicates_that_are_needed_give_the_power_that_was_asked(gain, n):
    truth = Truth(correct=(0.0, gain))
    known = true_components(truth, 5, n)
    k = replicates_needed(known, gain)
    assert k is not None
    planned = known.at(k)
    found = np.abs((few := seen(gaussian, truth, k, n)).mean) > two_components(few, 0.05)
    assert found.mean() == pytest.approx(chance_to_find(gain, math.sqrt(planned.variance), planned.df), abs=0.02)
    assert found.mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5, 10, 20])
def test_the_smallest_detectable_difference_is_found_four_times_in_five(n):
    draws = np.random.default_rng(n).normal(smallest_detectable(n), 1, (20_000, n))
    assert (ttest_1samp(draws, 0, axis=1).pvalue <= 0.05).mean() == pytest.approx(0.8, abs=2 * math.sqrt(0.16 / 20_000))


INTERVALS = {
    "replicates only": replicates_only,
    "examples only": examples_only,
    "two components": two_components,
    "two components, Cochran-Cox": cochran_cox,
    "the table's: the wider of two components and replicates": of_the_table,
}


def any_false_gain(found: Moments, truth: Truth, reach) -> float:
    """Family-wise error under Holm of ladders without any gain, where its first comparison decides: alpha over all."""
    return float(missed(found, truth, reach, 0.05 / len(truth.gains)).any(axis=1).mean())


@pytest.mark.evidence
@pytest.mark.parametrize("model", [gaussian, answers])
def test_table_of_coverage(model, capsys):
    """Coverage of a true gain of 5 points / false gains (either side) / family-wise error of three null steps."""
    lines = [
        f"\n{model.__name__}, {LADDERS} ladders a cell: .05 has a standard error of {TWO_ERRORS / 2:.4f}",
        "| training | k | n | " + " | ".join(INTERVALS) + " |",
        "|" + "---|" * (3 + len(INTERVALS)),
    ]
    for training in (0.0, 0.05, 0.1, 0.2):
        gain, null = Truth(training=training, correct=(0.75, 0.8)), Truth(training=training, correct=NULL.correct)
        for k, n in [(3, 100), (3, 400), (5, 100), (5, 400), (5, 1000), (10, 100), (10, 400), (20, 400)]:
            covered, false = seen(model, gain, k, n, seed=1), seen(model, null, k, n, seed=2)
            assert 1 - missed(covered, gain).mean() > 0.93
            assert any_false_gain(false, null, of_the_table) < 0.065
            cells = [
                f"{1 - missed(covered, gain, reach).mean():.3f} / {missed(false, null, reach)[:, 0].mean():.3f}"
                f" / {any_false_gain(false, null, reach):.3f}"
                for reach in INTERVALS.values()
            ]
            lines.append(f"| {training} | {k} | {n} | {' | '.join(cells)} |")
    with capsys.disabled():
        print("\n".join(lines))


@pytest.mark.evidence
def test_table_of_plans(capsys):
    """Power at the replicates needed, planned from the truth and from five replicates that had to be measured."""
    lines = [
        "\nGaussian, target .80; the power of a plan has a standard error of .006",
        "| gain | n | needed | power found | planned from 5 replicates: median (quartiles) | too few images |",
        "|---|---|---|---|---|---|",
    ]
    for gain, n in [(0.2, 200), (0.15, 400), (0.1, 1000)]:
        truth = Truth(correct=(0.0, gain))
        k = replicates_needed(true_components(truth, 5, n), gain)
        assert k is not None
        few = seen(gaussian, truth, k, n)
        power = float((np.abs(few.mean) > two_components(few, 0.05)).mean())
        pilots = [components(pilot[0]) for batch in steps(gaussian, truth, 300, 5, n, seed=3) for pilot in batch]
        plans = [replicates_needed(pilot, gain) for pilot in pilots]
        low, middle, high = np.percentile([math.inf if plan is None else plan for plan in plans], [25, 50, 75])
        lines.append(
            f"| {gain} | {n} | {k} | {power:.3f} | {middle:g} ({low:g} to {high:g}) | {plans.count(None) / 300:.0%} |"
        )
    with capsys.disabled():
        print("\n".join(lines))
