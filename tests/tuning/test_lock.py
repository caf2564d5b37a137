"""One process at a time on a study, whatever its folder for runs is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ablation.tuning.lock import study_lock
from ablation.tuning.storage import open_storage


@pytest.mark.parametrize("kind", ["sqlite:///{}/shared.db", "{}/shared.journal"])
def test_a_study_in_a_file_is_held_against_processes_with_other_roots(kind: str, tmp_path: Path) -> None:
    url, entered = kind.format(tmp_path), threading.Event()
    mine, theirs = (open_storage(tmp_path / root, url) for root in ("mine", "theirs"))

    def enter() -> None:
        with study_lock(theirs.storage, theirs.root, "study"):
            entered.set()

    other = threading.Thread(target=enter)
    with study_lock(mine.storage, mine.root, "study"):
        other.start()
        assert not entered.wait(0.3)
    assert entered.wait(10)
    other.join()
    with study_lock(mine.storage, mine.root, "study"), study_lock(mine.storage, mine.root, "another"):
        pass


def test_the_default_file_has_its_locks_in_the_root(tmp_path: Path) -> None:
    opened = open_storage(tmp_path)
    with study_lock(opened.storage, tmp_path / "elsewhere", "study"):
        assert list((tmp_path / "locks").glob("study-*.lock"))
