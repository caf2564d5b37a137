"""The projection of a study onto MLflow: one run for the study, a child for each trial.

Optuna's storage is the truth; what is here can be made again from it at any time, in any order, without leaving
anything twice. Only the epochs of a study without a pruner of epochs come from the training alone: where MLflow cannot
be reached when the process dies, they are not in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import StudyState, TrialLine, TrialStatus
from ablation.recording.study_summary import best_text, description, study_params, summary_metrics, trials_table
from ablation.tracking.ledger import KEY, Ledger, Recorded
from ablation.tracking.record import Record, Status
from ablation.tuning.plots import study_figures
from ablation.tuning.summary import frozen, line_of, state_of
from ablation.tuning.trials import best_of, own_of, steps_of

ROLE, REASON, DELIVERED = "ablation.role", "ablation.reason", "ablation.delivered"
"""As the ladder's runs have them."""
STUDY, TRIAL, PRUNED = "ablation.study", "ablation.trial", "ablation.pruned"
BEST, OWN = "ablation.best", "ablation.own"
"""Tags of one trial each: the best complete one, and that of the recipe's own values."""
PUBLISHED = "ablation.published"
"""Tag of the study with the hash of the trials that its figures and texts are of."""

ENDED: Mapping[TrialStatus, Status] = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}


class StudyRecord:
    """The runs of one study in one MLflow experiment; the caller holds the study's recording lock.

    Every method raises ``ablation.tracking.failure.TrackingError`` where MLflow refuses or cannot be reached.

    Args:
        ledger: of the experiment.
        plan: of the study.
    """

    def __init__(self, ledger: Ledger, plan: StudyPlan) -> None:
        self._ledger, self._plan = ledger, plan
        tags = {ROLE: "study", STUDY: plan.name, "ablation.row": plan.row, "ablation.trials": str(plan.trials)}
        tags |= {"ablation.sampler": plan.sampler, "ablation.pruner": plan.pruner}  # may change from run to run
        name = f"study of {plan.row}{' (each)' if plan.each else ''}"
        self.parent = ledger.enter(f"study:{plan.key}", name, tags=tags, params=study_params(plan))
        self._known: dict[str, Recorded] = {}
        self._refresh()
        self._open: dict[int, str] = {}

    def begin(self, number: int, values: Mapping[str, Any]) -> None:
        """Show a trial as running; again, under the same run, where it ran before."""
        self._open[number] = self._enter(number, values).run_id

    def epoch(self, number: int, values: Mapping[str, Any], epoch: int, score: float) -> None:
        """Log the metric on validation after an epoch, counted from 1; one that is there already is skipped."""
        if number not in self._open:
            self.begin(number, values)
        self._now(number).log_epochs([(epoch, {f"val/{self._plan.metric}": score})])

    def end(self, line: TrialLine) -> None:
        """Show how a trial ended."""
        if line.number not in self._open:
            self.begin(line.number, line.values)
        record = self._now(line.number)
        if math.isfinite(line.score):
            record.log_summary({f"validation/{self._plan.metric}": line.score})
        record.tag(_labels(line))
        record.close(ENDED[line.status])
        del self._open[line.number]

    def deliver(self, study: optuna.Study, epochs: Mapping[int, Mapping[int, float]] = MappingProxyType({})) -> None:
        """Record everything of the study that is missing; what waits to be taken again is closed as killed.

        Args:
            epochs: the metric on validation by trial and epoch, as far as this process saw it.
        """
        trials = study.get_trials(deepcopy=False)
        self._open.clear()
        self._refresh()
        keys = {self._key(trial.number) for trial in trials}
        for recorded in [each for key, each in self._known.items() if key not in keys]:
            self._set_aside(recorded)
        for trial in trials:
            self._deliver(trial, epochs.get(trial.number, {}))
        self._refresh()
        best, own = best_of(trials, self._plan), own_of(trials)
        self._mark(BEST, None if best is None else best.number)
        self._mark(OWN, None if own is None else own.number)

    def publish(self, study: optuna.Study, tuned: Tuned | None = None) -> None:
        """Put figures, the table of trials and the best one on the study's run; nothing where it holds them already.

        Args:
            tuned: what ``frozen`` gave of these trials, where it is at hand.
        """
        state, parent = state_of(study, self._plan), self._ledger.record(self.parent.run_id)
        digest = _digest(state)
        if parent.tags.get(PUBLISHED) == digest:  # by another process too
            return
        tuned = tuned or frozen(study, self._plan)
        parent.log_summary(summary_metrics(state, tuned))
        parent.log_table(trials_table(state), "trials.csv")
        if tuned is not None:
            parent.log_text(best_text(tuned), "best.yaml")
        for path, figure in study_figures(study, self._plan, tuned.importances if tuned else ()):
            parent.log_figure(figure, path)
        parent.describe(description(state, tuned))
        parent.tag({PUBLISHED: digest})

    def close(self, status: Status) -> None:
        """End the study's run."""
        self.parent.close(status)

    def _deliver(self, trial: FrozenTrial, epochs: Mapping[int, float]) -> None:
        line = line_of(trial)
        recorded = self._known.get(self._key(trial.number))
        if line.status == "waiting":
            if recorded is not None and recorded.status == "RUNNING":
                self._ledger.record(recorded.run_id).close("KILLED")
        elif line.status == "running":
            if recorded is None or recorded.status != "RUNNING":
                self._enter(line.number, line.values)
        elif not self._is_settled(recorded, line):
            self._settle(trial, line, epochs)

    def _is_settled(self, recorded: Recorded | None, line: TrialLine) -> bool:
        """Whether the run holds everything of a trial that ended."""
        if recorded is None or _is_another(recorded, line.values):
            return False
        return recorded.status == ENDED[line.status] and DELIVERED in recorded.tags

    def _settle(self, trial: FrozenTrial, line: TrialLine, epochs: Mapping[int, float]) -> None:
        recorded = self._known.get(self._key(trial.number))
        at_end = (
            recorded is not None and recorded.status == ENDED[line.status] and not _is_another(recorded, line.values)
        )
        # entering would move the end of a run that was closed in time
        record = self._ledger.record(recorded.run_id) if recorded and at_end else self._enter(line.number, line.values)
        metric, by_replicate = self._plan.metric, self._plan.pruner == "wilcoxon"
        record.log_epochs((step, {f"val/{metric}": value}) for step, value in epochs.items())
        name = f"{'replicate' if by_replicate else 'val'}/{metric}"
        record.log_epochs((step, {name: value}) for step, value in steps_of(trial).items())
        found = {f"validation/{metric}": line.score, "cost/seconds": line.seconds}
        record.log_summary({name: value for name, value in found.items() if math.isfinite(value)})
        record.tag({**_labels(line), DELIVERED: "true"})
        if not at_end:
            record.close(ENDED[line.status])

    def _now(self, number: int) -> Record:
        """The run of a trial that is worked on, asked anew: another process may have delivered the trial meanwhile."""
        return self._ledger.record(self._open[number])

    def _enter(self, number: int, values: Mapping[str, Any]) -> Record:
        recorded = self._known.get(self._key(number))
        if recorded is not None and _is_another(recorded, values):
            self._set_aside(recorded)
        return self._ledger.enter(
            self._key(number),
            f"trial {number}",
            parent=self.parent.run_id,
            tags={ROLE: "trial", STUDY: self._plan.name, TRIAL: str(number)},
            params=_texts(values),
        )

    def _set_aside(self, recorded: Recorded) -> None:
        """Make room for a trial of this number: the study that this one was of is gone from Optuna's storage."""
        record = self._ledger.record(recorded.run_id)
        record.tag({KEY: f"{recorded.key}:{recorded.run_id}", BEST: "", OWN: ""})
        record.mark_stale()
        if recorded.status == "RUNNING":
            record.close("KILLED")
        self._known.pop(recorded.key)

    def _refresh(self) -> None:
        found = self._ledger.find(parent=self.parent.run_id)
        self._known = {key: each for key, each in found.items() if not key.endswith(f":{each.run_id}")}

    def _mark(self, tag: str, number: int | None) -> None:
        """Give a tag to one trial, and take it from any other."""
        for key, recorded in self._known.items():
            wanted = "true" if number is not None and key == self._key(number) else ""
            if recorded.tags.get(tag, "") != wanted:
                self._ledger.record(recorded.run_id).tag({tag: wanted})

    def _key(self, number: int) -> str:
        return f"trial:{self._plan.key}:{number}"


def _labels(line: TrialLine) -> dict[str, str]:
    """Tags that say how a trial ended."""
    pruned = {PRUNED: "true"} if line.status == "pruned" else {}
    return pruned | ({REASON: line.reason[:500]} if line.reason else {})


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {path: yaml_flow(value) for path, value in values.items()}


def _is_another(recorded: Recorded, values: Mapping[str, Any]) -> bool:
    """Whether a run is of other values, which a parameter in MLflow cannot take."""
    return any(recorded.params.get(path, text) != text for path, text in _texts(values).items())


def _digest(state: StudyState) -> str:
    trials = [[each.number, each.status, repr(each.score)] for each in state.trials]
    return address({"trials": trials, "asked": state.asked})[:32]
