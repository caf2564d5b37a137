from __future__ import annotations

from pathlib import Path

import pytest

from ablation.bench import command
from ablation.bench.command import Command, bare_seconds
from ablation.errors import UserError


def test_checkpoints_are_no_part_of_bare_work() -> None:
    assert bare_seconds({"setup": 1.0, "forward_backward": 2.0, "evaluation": 4.0, "saving": 8.0}) == 7.0


@pytest.mark.parametrize("track", [True, False])
def test_what_is_typed_is_what_a_user_types(monkeypatch: pytest.MonkeyPatch, track: bool) -> None:
    typed: list[str] = []

    def failing(line: str) -> float:
        typed.extend(line.split())
        raise UserError("it fails")

    monkeypatch.setattr(command, "command_seconds", failing)
    with pytest.raises(UserError, match="it fails"):
        Command(Path("x.yaml"), ("train.epochs=1",), "cpu", jobs=2).run(3, track=track)
    words = ["ablation", "run", "x.yaml", "--set", "train.epochs=1", "--replicates", "3", "--device", "cpu", "--store"]
    assert typed[: len(words)] == words
    assert typed[len(words) + 1 :] == [*([] if track else ["--no-track"]), "--jobs", "2"]
