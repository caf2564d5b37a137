"""Promises and what came of them, as people write them."""

from __future__ import annotations

import math

import pytest

from ablation.analysis.promises.promises import PromiseOutcome
from ablation.experiment.config.promise_values import Promise
from ablation.reporting.texts.promise_text import measured_text, promise_text
from ablation.stats.interval import Interval, t_interval
from ablation.stats.paired import paired_t


def promise(metric: str, kind: str, *bounds: float) -> Promise:
    return Promise(metric, kind, bounds[0], bounds[-1], "")  # type: ignore[arg-type]


def judged(metric: str, kind: str, measured: Interval | None) -> PromiseOutcome:
    return PromiseOutcome("+ r", promise(metric, kind, 1), measured, "cannot tell")


def exact(value: float) -> Interval:
    return t_interval(value, 0.0, 6, error=0.0, df=math.inf)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("accuracy", "gain", 3, 5), "+3..+5"),
        (("accuracy", "gain", 0.364), "+0.364"),
        (("accuracy", "gain", -1, 2), "-1..+2"),
        (("accuracy", "level", 80), "accuracy: 80"),
        (("f1", "level", 85, 95), "F1 of the positive class: 85..95"),
        (("class_accuracy/happy", "level", 70, 100), "accuracy of happy: 70..100"),
        (("gap", "gain", 5, 10), "less gap: +5..+10"),
        (("log_loss", "gain", 0.1), "less log-loss: +0.1"),
        (("images_per_second", "gain", 100), "training images/s: +100"),
        (("gap", "level", -15.32), "gap: -15.32"),
        (("parameters", "ratio", 0.5), "parameters: x0.5"),
        (("parameters", "level", 26e6, 28e6), "parameters: 26M..28M"),
        (("latency_ms_1", "level", 0, 50), "ms/image, batch 1: 0..50"),
        (("peak_memory_mb", "level", 12288), "peak memory MB: 12.288k"),
        (("images_per_second", "ratio", 0.7, 0.8), "training images/s: x0.7..x0.8"),
    ],
)
def test_promises_read_as_people_write_them(given: tuple[str, str, float], text: str) -> None:
    assert promise_text(promise(*given)) == text


GAINS = [2.0, 2.5, 1.6, 2.1, 1.8, 2.1]


@pytest.mark.parametrize(
    ("metric", "kind", "measured", "text"),
    [
        ("accuracy", "gain", paired_t(GAINS), "+2.02 [+1.70, +2.34]"),
        ("accuracy", "level", paired_t([82.0, 81.5, 82.6, 82.5, 81.4, 82.3]), "82.05 [81.52, 82.58]"),
        ("macro_f1", "ratio", paired_t(GAINS), "x2.02 [x1.70, x2.34]"),
        ("log_loss", "gain", paired_t(GAINS), "+2.0167 [+1.6955, +2.3378]"),
        ("train_seconds", "gain", paired_t([-2.0, -3, -2, -2, -2, -3]), "-2.333 [-2.875, -1.791]"),
        ("parameters", "level", exact(25.557032e6), "25.56M"),
        ("train_seconds", "gain", exact(-0.0), "+0"),
        ("train_seconds", "ratio", exact(1.2), "x1.20"),
        ("accuracy", "gain", paired_t([3.0]), "+3.00 (n = 1)"),
        ("accuracy", "gain", None, "-"),
    ],
)
def test_measurements_are_in_the_unit_of_their_promise(
    metric: str, kind: str, measured: Interval | None, text: str
) -> None:
    assert measured_text(judged(metric, kind, measured)) == text
