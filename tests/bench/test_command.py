from __future__ import annotations

from pathlib import Path

from ablation.bench.command import Command, bare_seconds


def test_checkpoints_are_no_part_of_bare_work() -> None:
    assert bare_seconds({"setup": 1.0, "forward_backward": 2.0, "evaluation": 4.0, "saving": 8.0}) == 7.0


def test_what_is_typed_is_what_a_user_types() -> None:
    command = Command(Path("x.yaml"), ("train.epochs=1",), "cpu", jobs=2)
    typed = ["run", "x.yaml", "--replicates", "3", "--store", "S", "--device", "cpu", "--set", "train.epochs=1"]
    assert command._arguments("S", 3, track=True) == [*typed, "--jobs", "2"]
    assert command._arguments("S", 3, track=False) == [*typed, "--jobs", "2", "--no-track"]
