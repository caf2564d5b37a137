"""Records have the same keys, and no p-value under five replicates."""

from __future__ import annotations

from ablation.reporting.tables.records import records


def test_all_records_have_the_same_keys(rich, holed_table):
    for table in (rich, holed_table):
        assert len({tuple(record) for record in records(table)}) == 1
