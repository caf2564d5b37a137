"""JSON says what every other format says."""

from __future__ import annotations

import json

import pytest

from ablation.reporting.tables.json_text import as_json
from ablation.reporting.tables.words import headline
from ablation.reporting.texts.footer import footer


def test_the_json_holds_what_the_other_forms_say(rich):
    document = json.loads(as_json(rich))
    assert (document["schema"], document["valid"], document["margin"]) == (1, True, 2.0)
    assert tuple(document["headline"]) == headline(rich)
    assert tuple(document["footer"]) == footer(rich)
    assert [row["verdict"] for row in document["ladder"]] == [row.verdict.word for row in rich.rows]
    assert [len(document["promises"][name]) for name in ("rungs", "wider")] == [4, 2]
    assert document["promises"]["target"]["promise"] == "reached"
    assert document["attribution"]["kind"] == "Shapley value"
    credits = sum(row["credit"]["mean"] for row in document["attribution"]["rungs"])
    assert credits == pytest.approx(document["attribution"]["total"]["mean"], abs=1e-6)
    assert [each["cost"] for each in document["frontiers"]] == ["train_seconds", "latency_ms_1"]
