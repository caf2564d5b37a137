"""The commands that a ladder's life prints, pasted into a shell one after another: each does what its message says."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import printed
from tuned_experiment import tuned_file

from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import load_stored_plan
from ablation.stage import OUTCOME

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ASKED = (
    "--set",
    "Basic augmentation/augment={name: basic, hflip: 0.5}",
    "--set",
    "train.epochs=1",
    "--replicates",
    "1",
)


@dataclass(frozen=True)
class Shell:
    """A folder in which commands are typed.

    Args:
        file: the experiment file, as it is named there.
    """

    folder: Path
    file: Path

    def type(self, line: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a line as it stands."""
        found = {name: value for name, value in os.environ.items() if name not in ("OPTUNA_STORAGE", "COLUMNS")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=found | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    @property
    def store(self) -> ContentStore:
        return ContentStore(self.folder / "the store")

    @property
    def plan(self) -> Plan:
        return load_stored_plan(self.folder / self.file, self.store)

    def stored(self) -> dict[str, str]:
        """The stored plans, as they are written."""
        return {path.name: path.read_text() for path in (self.store.root / "plans").glob("*.json")}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("home")
    file = Path("my files") / "a ladder.yaml"
    (folder / file).parent.mkdir()
    text = tuned_file(folder).read_text()
    assert "trials: 4" in text
    (folder / file).write_text(text.replace("trials: 4", "trials: 2"))
    shell = Shell(folder, file)
    line = shlex.join(["ablation", "run", str(file), *ASKED, "--store", "the store", "--device", "cpu", "--no-track"])
    done = shell.type(line)
    again, *others = printed(done.stderr)
    assert not others, "nothing is tracked, so there is nothing to browse"
    assert shell.type(again).stdout == done.stdout, "the table again"
    return shell


def reported(shell: Shell) -> tuple[str, list[str]]:
    """The table of the latest run, and the commands under it."""
    text = shell.type(f"ablation report '{shell.file}' --store 'the store'").stdout
    return text, printed(text)


def test_a_missing_run_is_made_by_the_command_and_the_plan_stays_the_same(shell: Shell) -> None:
    before, (study,), stored = *reported(shell), shell.stored()
    run = shell.plan.runs_of("+ Basic augmentation")[0]
    shutil.rmtree(shell.store.folder(run.test))
    broken, (mend, other) = reported(shell)
    assert "NO VERDICT" in broken
    assert other == study
    shell.type(mend)
    assert reported(shell)[0] == before
    assert shell.stored() == stored


def test_what_other_code_made_is_made_again_by_the_command(shell: Shell) -> None:
    before, stored, address = reported(shell)[0], shell.stored(), shell.plan.runs_of("+ Shifted views")[0].test
    path = shell.store.folder(address) / OUTCOME
    written = json.loads(path.read_text())
    written["made_with"]["torch"] = "1.0"
    path.write_text(json.dumps(written))
    broken, (mend, _) = reported(shell)
    assert "made with other code" in broken
    assert mend.endswith(" --renew")
    shell.type(mend)
    assert "NO VERDICT" not in reported(shell)[0]
    assert shell.stored() == stored
    assert before.splitlines()[0] == reported(shell)[0].splitlines()[0]


def test_what_failed_by_itself_is_not_said_to_be_mended_by_running_again(shell: Shell) -> None:
    run = shell.plan.runs_of("+ Basic augmentation")[0]
    kept = shell.folder / "kept"
    shutil.move(shell.store.folder(run.test), kept)
    shell.store.fail(run.test, "ValueError: a setting that cannot work")
    text, commands = reported(shell)
    assert "a setting that cannot work" in text
    assert [line.split()[1] for line in commands] == ["tune"]
    shutil.move(kept, shell.store.folder(run.test))


def test_the_study_that_is_waited_for_adds_its_row_to_the_same_ladder(shell: Shell) -> None:
    before = shell.plan
    _, (study,) = reported(shell)
    done = shell.type(study)
    (add,) = printed(done.stderr)
    shell.type(add)
    after = shell.plan
    assert before.unplanned == ("Final tuning",)
    assert after.unplanned == ()
    assert (after.invocation, after.overrides, after.replicates) == (before.invocation, before.overrides, 1)
    assert all(run in after.runs for run in before.runs)
    assert all(map(shell.store.has, after.stages))
