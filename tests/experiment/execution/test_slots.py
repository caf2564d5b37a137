from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from standin_run import wait_for

from ablation.experiment.execution.slots import Slots, machine_folder, pinned


def test_each_holder_has_a_slot_of_its_own(tmp_path: Path) -> None:
    slots = Slots(tmp_path, "cpu", 2)
    with slots.one() as first, slots.one() as second:
        assert {first, second} == {0, 1}
    with slots.one() as again:
        assert again == 0


def test_kinds_of_device_do_not_meet(tmp_path: Path) -> None:
    with Slots(tmp_path, "cpu", 1).all(), Slots(tmp_path, "cuda-0", 1).one() as number:
        assert number == 0


def test_who_is_beside_takes_no_slot_and_keeps_others_from_all(tmp_path: Path) -> None:
    slots, got = Slots(tmp_path, "cpu", 1), list[str]()

    def measure() -> None:
        with slots.all():
            got.append("all")

    with slots.beside():
        with slots.one() as number:
            assert number == 0
        thread = threading.Thread(target=measure)
        thread.start()
        thread.join(0.3)
        assert got == []
    thread.join(5)
    assert got == ["all"]


def test_a_third_waits_until_one_of_two_is_free(tmp_path: Path) -> None:
    slots, got = Slots(tmp_path, "cpu", 2), list[int]()

    def third() -> None:
        with slots.one() as number:
            got.append(number)

    with slots.one():
        with slots.one() as second:
            thread = threading.Thread(target=third)
            thread.start()
            thread.join(0.2)
            assert not got
        thread.join(5)
        assert got == [second]


def hold(folder: Path, everything: bool, held: Path) -> None:
    slots = Slots(folder, "cpu", 2)
    with slots.all() if everything else slots.one():
        held.touch()
        threading.Event().wait()


@pytest.fixture
def start(tmp_path: Path) -> Callable[[bool, str], BaseProcess]:
    """Starts a process that holds one slot or all; the file of that name tells when it does."""

    def start(everything: bool, name: str) -> BaseProcess:
        process = multiprocessing.get_context("fork").Process(target=hold, args=(tmp_path, everything, tmp_path / name))
        process.start()
        return process

    return start


def test_who_wants_all_waits_for_each_and_death_frees_them(
    tmp_path: Path, start: Callable[[bool, str], BaseProcess]
) -> None:
    one = start(False, "one")
    wait_for((tmp_path / "one").exists)
    everything = start(True, "everything")
    everything.join(0.3)
    assert not (tmp_path / "everything").exists()
    one.kill()
    wait_for((tmp_path / "everything").exists)
    late = start(False, "late")
    late.join(0.3)
    assert not (tmp_path / "late").exists()
    everything.kill()
    wait_for((tmp_path / "late").exists)
    late.kill()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_pinning_binds_to_one_processor_and_gives_the_others_back() -> None:
    before = os.sched_getaffinity(0)
    for number in (0, 1, 7):
        with suppress(ZeroDivisionError), pinned(number):
            assert os.sched_getaffinity(0) == {sorted(before)[number % len(before)]}
            raise ZeroDivisionError
        assert os.sched_getaffinity(0) == before
    with pinned(None):
        assert os.sched_getaffinity(0) == before


def test_the_slots_of_a_machine_are_those_of_its_user() -> None:
    assert machine_folder() == machine_folder()
    assert machine_folder().is_absolute()
