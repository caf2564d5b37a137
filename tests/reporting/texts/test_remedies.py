"""Remedies in words: what helps is said once, and no command is given where none helps."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from rich.console import Console, Group

from ablation.invocation import CHANGE, NONE, RENEW, RUN, TUNE, Invocation, Remedy
from ablation.reporting.texts.remedies import COMMAND, remedy_lines, study_lines, unbroken

ASKED = Invocation("x.yaml", overrides=("a.b=1",))


@pytest.mark.parametrize(
    ("remedies", "commands"),
    [
        ([RUN, RUN], [ASKED.again()]),
        ([RUN, RENEW, RUN], [ASKED.again("--renew")]),
        ([CHANGE], []),
        ([NONE], []),
        ([CHANGE, RUN], [ASKED.again()]),
        ([], []),
    ],
)
def test_each_command_that_helps_is_given_once(remedies: list[Remedy], commands: list[str]) -> None:
    lines = list(remedy_lines(remedies, ASKED))
    assert [line for line in lines if line.startswith(COMMAND)] == commands
    assert len(lines) == len(set(lines))
    for line, after in pairwise([*lines, ""]):
        assert line.startswith(COMMAND) or line.endswith(":") == after.startswith(COMMAND)


def test_a_failure_that_recurs_is_said_to() -> None:
    (line,) = remedy_lines([CHANGE], ASKED)
    assert "fails again" in line


def test_a_study_that_is_waited_for_has_its_command() -> None:
    assert list(study_lines(None, False, ASKED)) == []
    assert list(study_lines(None, True, ASKED))[1:] == ["ablation tune x.yaml --set a.b=1"]  # of an older plan
    assert list(study_lines(TUNE, True, ASKED)) == list(study_lines(None, True, ASKED))
    every, command = study_lines(Remedy("tune", ("--each",)), False, ASKED)
    assert "Every row" in every
    assert command == "ablation tune x.yaml --set a.b=1 --each"


def test_a_command_is_never_folded() -> None:
    text, long = io.StringIO(), Invocation("x.yaml", overrides=("a.b=c d e f",) * 20)
    Console(file=text, width=40).print(Group(unbroken(long.again())), crop=False)
    assert text.getvalue() == f"  {long.again()}\n"
