from __future__ import annotations

import os

import pytest

from ablation.core.profiling.processors import doublings, processors


def test_the_processors_are_those_that_the_process_is_bound_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= processors() <= (os.cpu_count() or 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert processors() == 3


@pytest.mark.parametrize(("counted", "expected"), [(7, 7), (None, 1)])
def test_without_binding_they_are_the_machines(
    monkeypatch: pytest.MonkeyPatch, counted: int | None, expected: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    assert processors() == expected


@pytest.mark.parametrize(("most", "expected"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))])
def test_doublings_end_with_the_most(most: int, expected: tuple[int, ...]) -> None:
    assert doublings(most) == expected
