"""Records have the same keys; CSV and JSON lose none of their digits, and what people see are their numbers rounded."""

from __future__ import annotations

import json

from read_back import csv_rows

from ablation.reporting.tables.cells import p_text, signed
from ablation.reporting.tables.grids import grids
from ablation.reporting.tables.json_text import as_json
from ablation.reporting.tables.records import records


def test_the_csv_rounds_to_the_numbers_that_people_see(rich):
    shown = {row[0].text: [cell.text for cell in row] for row in grids(rich)[0].rows}
    for record in csv_rows(rich)[: len(shown)]:
        cells = shown[record["name"]]
        assert cells[1] == f"{float(record['mean']):.2f} ± {float(record['sd']):.2f}"
        for column, cell in (("step", cells[3]), ("total", cells[6])):
            if record[column]:
                mean, low, high = (signed(float(record[f"{column}{part}"]), 2) for part in ("", "_low", "_high"))
                assert cell == f"{mean} [{low}, {high}]"
        if record["step_p_adjusted"]:
            assert cells[4] == p_text(float(record["step_p_adjusted"]))


def test_csv_and_json_lose_no_digit_of_the_records(rich):
    found = records(rich)
    for record, read in zip(found, csv_rows(rich), strict=True):
        assert read == {key: "" if value is None else str(value) for key, value in record.items()}
    document = json.loads(as_json(rich))
    assert document["ladder"] + document["left_out"] == found


def test_all_records_have_the_same_keys(rich, holed_table):
    for table in (rich, holed_table):
        assert len({tuple(record) for record in records(table)}) == 1
