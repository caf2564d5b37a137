"""The shipped contract of data sources finds what it is there to find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faulty_sources as faulty
import pytest

from ablation.testing import DataSourceContract

Contract = DataSourceContract

FAULTS: list[tuple[Any, type[faulty.Sound]]] = [
    (Contract.test_every_image_has_a_label_of_a_class_and_a_name, faulty.LabelsBeyond),
    (Contract.test_decoding_again_gives_the_same_in_the_same_order, faulty.Reorders),
    (Contract.test_the_fingerprint_is_that_of_the_images_wherever_they_lie, faulty.NamesItsPlace),
    (Contract.test_a_file_that_is_no_image_is_left_out_and_listed_where_it_lies_among_them, faulty.TakesNotes),
    (Contract.test_what_is_not_there_is_refused_in_its_place, faulty.NamesNoPlace),
]


def held_to(clause: Any, kind: type[faulty.Sound], folder: Path) -> None:
    (folder / "base").mkdir()
    suite = type("TestFaulty", (DataSourceContract,), {"source": kind})
    clause(suite(), faulty.written(kind, folder / "base"), folder)


@pytest.mark.parametrize(("clause", "kind"), FAULTS, ids=[kind.__name__ for _, kind in FAULTS])
def test_a_fault_is_found_by_its_clause(clause: Any, kind: type[faulty.Sound], tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        held_to(clause, kind, tmp_path)


@pytest.mark.parametrize("clause", dict.fromkeys(clause for clause, _ in FAULTS))
def test_a_sound_source_breaks_no_clause(clause: Any, tmp_path: Path) -> None:
    suite = type("TestSound", (DataSourceContract,), {"source": faulty.Sound})
    (tmp_path / "base").mkdir()
    clause(suite(), faulty.written(faulty.Sound, tmp_path / "base"), tmp_path)
