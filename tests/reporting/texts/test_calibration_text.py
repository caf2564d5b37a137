from __future__ import annotations

import dataclasses
import io
import json

from rich.console import Console

from ablation.analysis.calibration.calibration import (
    ErrorRate,
    IntervalCalibration,
    IntervalCheck,
    NoiseFloor,
    NotEnoughStored,
)
from ablation.analysis.calibration.shares import ShareEstimate
from ablation.invocation import Invocation
from ablation.metrics.registry import metric
from ablation.reporting.texts.calibration_text import calibration_records, calibration_text


def promise(share: float, low: float, high: float, worth: int = 400) -> ErrorRate:
    return ErrorRate(ShareEstimate(share, low, high, worth), 0.05)


KEPT, BROKEN, UNSURE = promise(0.048, 0.03, 0.075), promise(0.2, 0.15, 0.25, 90), promise(0.06, 0.01, 0.3, 12)
FOUND = IntervalCalibration(
    name="[bold]digits",
    metric=metric("accuracy"),
    alpha=0.05,
    replicates=40,
    images=800,
    draws=1000,
    gain=2.1,
    redrawn=False,
    checked=(
        IntervalCheck("two_components", True, 5, 200, KEPT, 0.025, 0.023, KEPT, UNSURE),
        IntervalCheck("examples", False, 5, 200, BROKEN, 0.1, 0.1, BROKEN, BROKEN),
        IntervalCheck("two_components", True, 10, 800, KEPT, 0.03, 0.018, None, None),
    ),
    missing=(NotEnoughStored("replicates", 25, 50, 40), NotEnoughStored("images", 500, 1000, 800)),
    floor=NoiseFloor(0.0, 0.0, 2),
)


ASKED = Invocation("digits.yaml", "calibrate", ("a.b=1",), store="s")


def shown(found: IntervalCalibration) -> str:
    text = io.StringIO()
    Console(file=text, width=120).print(calibration_text(found, ASKED), crop=False)
    return text.getvalue()


def rows(text: str) -> list[list[str]]:
    lines = text.splitlines()[2:5]
    return [line.split() for line in lines]


def test_errors_between_equal_arms_and_the_truths_covered_stand_with_their_bounds() -> None:
    first, second, third = rows(shown(FOUND))
    assert " ".join(first) == "5 200 two components (table) 4.8 [3.0, 7.5] 95.2 [92.5, 97.0] 94.0 [70.0, 99.0] ?"
    assert " ".join(second) == (
        "test images alone (paired t) 20.0 [15.0, 25.0] broken 80.0 [75.0, 85.0] broken 80.0 [75.0, 85.0] broken"
    )
    assert third[:2] == ["10", "800"]
    assert third[-2:] == ["-", "-"]


def test_a_line_fits_a_usual_terminal() -> None:
    assert max(map(len, shown(FOUND).splitlines())) <= 120


def test_the_text_says_how_far_to_trust_it() -> None:
    text = " ".join(shown(FOUND).split())
    for part in (
        "[bold]digits: do the intervals keep their word? accuracy, alpha 0.05",
        "1000 draws for each share",
        "worth 12 to 400 independent ones",
        "True gain: the final recipe has +2.10 points over the baseline",
        "40 stored replicates and 800 test images",
    ):
        assert part in text


def test_what_cannot_be_drawn_is_reported_with_what_to_do() -> None:
    text = " ".join(shown(FOUND).split())
    told = (
        "50 replicates are needed for arms of 25; there are 40: "
        "ablation calibrate digits.yaml --set a.b=1 --replicates 50 --store s"
    )
    assert told in text
    assert "1000 test images are needed to draw 500 of them; there are 800: raise data.test_size" in text


def test_nothing_drawn_leaves_the_floor_and_what_is_missing() -> None:
    text = shown(dataclasses.replace(FOUND, checked=(), gain=None))
    assert "draws" not in text
    assert "bit for bit" in text
    assert "--replicates 50" in text


def test_the_floor_is_reported_as_it_is() -> None:
    apart = shown(dataclasses.replace(FOUND, floor=NoiseFloor(3.21e-6, 0.125, 2)))
    assert "probabilities up to 3.2e-06 apart and scores up to 0.12 apart" in " ".join(apart.split())
    assert "not known" in shown(dataclasses.replace(FOUND, floor=None))


def test_redrawn_test_sets_are_named() -> None:
    text = " ".join(shown(dataclasses.replace(FOUND, redrawn=True)).split())
    assert "Test sets are redrawn for each replicate" in text
    assert "40 stored replicates." in text


def test_records_say_the_same_and_all_have_the_same_keys() -> None:
    found = calibration_records(FOUND)
    assert len({tuple(each) for each in found}) == 1
    first, _, third = found
    assert (first["false"], first["false_low"], first["false_high"], first["false_word"]) == (
        0.048,
        0.03,
        0.075,
        "kept",
    )
    assert (first["covered"], first["covered_low"], first["covered_high"]) == (1 - 0.048, 1 - 0.075, 1 - 0.03)
    assert (first["covered_unpaired_worth"], first["covered_unpaired_word"]) == (12, "cannot tell")
    assert (third["covered"], third["covered_unpaired_word"], third["floor_probability"]) == (None, None, 0.0)
    assert json.loads(json.dumps(found)) == found


def test_records_of_an_unknown_floor_have_none() -> None:
    assert calibration_records(dataclasses.replace(FOUND, floor=None))[0]["floor_metric"] is None
