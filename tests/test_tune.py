"""The whole path of a study on real trainings: from the file over its trials to the ladder's new row."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow_state
import pytest
from rich.console import Console
from tuned_experiment import tuned_file

import ablation
from ablation.analysis.table.table import Table
from ablation.experiment.config.setting_paths import with_values
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.recipe import Recipe
from ablation.workflow.planning import plan_of
from ablation.workflow.tuning import Searched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True, scope="module")
def no_storage_of_the_machines() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPTUNA_STORAGE", "MLFLOW_TRACKING_URI"):
            patch.delenv(name, raising=False)
        yield


@dataclass(frozen=True)
class Home:
    """A folder with an experiment and its store."""

    file: Path

    @property
    def options(self) -> ablation.Options:
        return ablation.Options(self.file.parent / "mlruns", device="cpu", jobs=2, track=False)

    def run(self, untuned: bool = False, track: bool = False) -> Plan:
        options = dataclasses.replace(self.options, track=track)
        outcome = ablation.run(self.file, options=options, console=_quiet(), untuned=untuned)
        assert not outcome.failures
        return outcome.plan

    def tune(self, track: bool = False, **search: Any) -> tuple[Searched, ...]:
        options = dataclasses.replace(self.options, track=track)
        return ablation.tune(self.file, search=ablation.Search(**search), options=options, console=_quiet())

    def plan(self) -> Plan:
        return plan_of(self.file, options=self.options)

    @property
    def table(self) -> Table:
        return ablation.report(self.file, options=self.options)

    def trained(self) -> dict[str, int]:
        """The finished stages, and when each was written."""
        files = (self.options.root / "stages").glob("*/*/outcome.json")
        return {file.parent.name: file.stat().st_mtime_ns for file in files}


def _quiet() -> Console:
    return Console(file=io.StringIO())


def values_of(table: Table) -> dict[str, tuple[float, ...]]:
    """Each row's scores by replicate."""
    return {row.name: row.scored.values for row in table.rows}


def test_a_study_gives_the_ladder_its_tuned_row_without_training_the_others_again_and_goes_on(tmp_path: Path) -> None:
    home = Home(tuned_file(tmp_path))
    assert home.run().unplanned == ("Final tuning",)
    ladder, before = home.trained(), values_of(home.table)
    assert len(before) == 3

    (searched,) = home.tune(track=True)
    assert searched.best
    tried = home.trained()
    assert ladder.items() <= tried.items()
    own = searched.state.trials[0]
    assert home.options.store.outcome(home.plan().runs_of("+ Shifted views")[0].val)["metrics"]["accuracy"] == own.score
    assert len(trainings(home, tried)) == len(trainings(home, ladder)) + 3, "the recipe's own values cost nothing"

    plan = home.run(track=True)
    after = home.trained()
    assert plan.unplanned == ()
    assert tried.items() <= after.items()
    if searched.best.number:
        assert len(trainings(home, after)) == len(trainings(home, tried)) + 1, "one replicate was the trial's"
    table = home.table
    assert values_of(table).items() >= before.items()
    assert [row.scored.trials for row in table.rows] == [0, 0, 0, 4]
    tuned = plan.variant("+ Final tuning").recipe
    expected = with_values(Recipe.model_validate(plan.variant("+ Shifted views").recipe), searched.best.values)
    assert tuned == expected.model_dump(mode="json")
    assert_in_mlflow(home, {"study": 1, "trial": 4, "parent": 1, "variant": 4, "replicate": 8})

    (more,) = home.tune(track=True, trials=6)
    assert [(trial.values, trial.score) for trial in more.state.trials[:4]] == [
        (trial.values, trial.score) for trial in searched.state.trials
    ]
    assert more.state.count("complete") == 6
    assert len(trainings(home, home.trained())) == len(trainings(home, after)) + 2
    home.run()
    assert [row.scored.trials for row in home.table.rows] == [0, 0, 0, 6]
    assert_in_mlflow(home, {"study": 1, "trial": 6, "parent": 1})


def trainings(home: Home, stages: dict[str, int]) -> list[str]:
    """Those of the stages that are trainings."""
    return [address for address in stages if "history" in home.options.store.outcome(address)]


def assert_in_mlflow(home: Home, counts: dict[str, int]) -> None:
    found = mlflow_state.by_role(home.options.root, "tiny")
    assert {role: len(found[role]) for role in counts} == counts
    assert mlflow_state.statuses(home.options.root, "tiny").keys() == {"FINISHED"}


def test_each_variant_has_a_study_whose_best_the_ladder_takes_unless_untuned(tmp_path: Path) -> None:
    home = Home(tuned_file(tmp_path, tuned_rung=False))
    untuned = home.plan()
    searched = home.tune(each=True, trials=2)
    assert [each.state.row for each in searched] == ["baseline", "+ Basic augmentation", "+ Shifted views"]
    assert [each.state.count("complete") for each in searched] == [2, 2, 2]
    tuned = home.run()
    for each in searched:
        assert each.best
        own = Recipe.model_validate(untuned.variant(each.state.row).recipe)
        assert tuned.variant(each.state.row).recipe == with_values(own, each.best.values).model_dump(mode="json")
    assert [row.scored.trials for row in home.table.rows] == [2, 2, 2]
    plain = home.run(untuned=True)
    assert [each.recipe for each in plain.variants] == [each.recipe for each in untuned.variants]
    assert [row.scored.trials for row in home.table.rows] == [0, 0, 0]
    assert home.plan().stages.keys() == tuned.stages.keys()


def test_test_images_cannot_be_reached_from_a_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, asked = Home(tuned_file(tmp_path)), set[str]()
    forbidden = {run.test for run in home.plan().runs}
    found = ContentStore.folder

    def guarded(store: ContentStore, address: str) -> Path:
        assert address not in forbidden, "a trial asked for predictions of test images"
        asked.add(address)
        return found(store, address)

    monkeypatch.setattr(ContentStore, "folder", guarded)
    (searched,) = home.tune(trials=2)
    monkeypatch.undo()
    assert searched.state.count("complete") == 2
    tuned = home.plan()
    assert tuned.unplanned == ()
    tests = {run.test for run in tuned.runs}
    assert tests > forbidden, "the tuned row's are among them now"
    assert asked
    assert not asked & tests
    outcomes = [home.options.store.outcome(address) for address in home.trained()]
    assert len(outcomes) == 4
    assert {outcome["split"] for outcome in outcomes if "split" in outcome} == {"val"}
