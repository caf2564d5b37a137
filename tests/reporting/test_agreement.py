"""Several experiments side by side, in every format that shows them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import ablation
from ablation.analysis.table.agreement import RungAgreement
from ablation.reporting.agreement import shared_note
from ablation.reporting.formats import formats
from ablation.stats.signs import exact_share


def test_two_experiments_with_the_same_numbers_agree_in_every_sign_and_form(two_experiments: Path) -> None:
    options = ablation.Options(two_experiments / "store")
    found = ablation.compare(
        [two_experiments / "one.yaml", two_experiments / "two.yaml"],
        options=options,
    )
    written = {each.name: each.render_comparison(found) for each in formats().values() if each.render_comparison}
    assert found.signs is not None
    assert found.signs.won == found.signs.of
    steps = [
        row.step.interval.mean
        for row in ablation.report(two_experiments / "one.yaml", options=options).rows
        if row.step
    ]
    rows = list(csv.DictReader(io.StringIO(written["csv"])))
    assert [float(row["step"]) for row in rows[::2]] == pytest.approx(steps)
    assert [row["step"] for row in rows[::2]] == [row["step"] for row in rows[1::2]]
    assert [row["rung"] for row in json.loads(written["json"])["rungs"]] == [row["rung"] for row in rows]
    for form in ("text", "markdown"):
        assert f"{steps[0]:+.2f}" in written[form]


@pytest.mark.parametrize(
    ("in_one_only", "differing", "note"),
    [
        (False, (), ""),
        (True, (), "in one experiment only"),
        (False, ("loss.alpha", "loss.gamma"), "not the same change everywhere: loss.alpha, loss.gamma"),
    ],
)
def test_a_rung_that_is_not_the_same_everywhere_says_so(
    in_one_only: bool, differing: tuple[str, ...], note: str
) -> None:
    assert shared_note(RungAgreement("a", (), exact_share(0, 0), "cannot tell", in_one_only, differing)) == note
