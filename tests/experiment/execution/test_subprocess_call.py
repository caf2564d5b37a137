from __future__ import annotations

import math
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import child_targets
import pytest

from ablation.errors import UserError, nearest
from ablation.experiment.config.yaml_text import parse_yaml
from ablation.experiment.execution.fork_server import process_starter
from ablation.experiment.execution.process import ProcessDiedError, StartProcess
from ablation.experiment.execution.subprocess_call import call_in_subprocess


@pytest.fixture(scope="module")
def start() -> Iterator[StartProcess]:
    with process_starter((), {**os.environ, "PYTHONPATH": str(Path(child_targets.__file__).parent)}) as start:
        yield start


def test_a_call_in_a_process_gives_what_it_gives_here(start: StartProcess) -> None:
    assert call_in_subprocess(start, partial(math.hypot, 3, 4)) == 5
    assert call_in_subprocess(start, partial(nearest, "gama", ["gamma", "alpha"])) == "did you mean 'gamma'?"
    assert call_in_subprocess(start, os.getpid) != os.getpid()


def test_a_users_mistake_elsewhere_is_one_here(start: StartProcess, tmp_path: Path) -> None:
    with pytest.raises(UserError) as here:
        parse_yaml(tmp_path / "none.yaml")
    with pytest.raises(UserError) as elsewhere:
        call_in_subprocess(start, partial(parse_yaml, tmp_path / "none.yaml"))
    assert str(elsewhere.value) == str(here.value)


def test_another_exception_says_where_it_was_raised(start: StartProcess) -> None:
    with pytest.raises(ZeroDivisionError, match="a bug") as caught:
        call_in_subprocess(start, child_targets.fail)
    assert "child_targets.py" in "".join(traceback.format_exception(caught.value))


def test_a_child_that_dies_is_reported(start: StartProcess) -> None:
    with pytest.raises(ProcessDiedError, match="died"):
        call_in_subprocess(start, child_targets.die)


def test_an_exception_that_this_process_may_not_know_is_reported_in_words(start: StartProcess) -> None:
    with pytest.raises(RuntimeError, match="OddError: two words") as caught:
        call_in_subprocess(start, child_targets.fail_oddly)
    assert "fail_oddly" in "".join(traceback.format_exception(caught.value))


def test_what_a_call_prints_is_not_lost() -> None:
    code = (
        "import os; from functools import partial\n"
        "from ablation.experiment.execution.subprocess_call import call_in_subprocess\n"
        "from ablation.experiment.execution.fork_server import process_starter\n"
        "with process_starter((), dict(os.environ)) as start: call_in_subprocess(start, partial(print, 'half way'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "half way\n"
    assert not done.stderr
