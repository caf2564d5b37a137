"""The projection of a study onto MLflow: one run for the study, a child for each trial.

Optuna's storage is the truth; what is here can be made again from it at any time, in any order, without leaving
anything twice. Only the epochs of a study without a pruner of epochs come from the training alone: where MLflow cannot
be reached before the process ends, they are not in it.
"""

import math
from collections.abc import Mapping
from typing import Any

from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import StudyState, TrialLine, TrialStatus
from ablation.recording.study_summary import best_text, description, study_metrics, study_params, trials_table
from ablation.tracking.ledger import Ledger, Recorded
from ablation.tracking.metrics import StepMetrics
from ablation.tracking.names import Prefix, Role, Tag
from ablation.tracking.record import RunRecord, Status
from ablation.tuning.active_trial import name_in_epochs
from ablation.tuning.study import OptunaStudy
from ablation.tuning.summary import state_of, tuned_of

_ENDED: Mapping[TrialStatus, Status] = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}


class StudyProjection:
    """The runs of one study in one MLflow experiment; the caller holds the study's recording lock.

    Every method raises ``ablation.tracking.failure.TrackingError`` where MLflow refuses or cannot be reached.
    """

    def __init__(self, ledger: Ledger, plan: StudyPlan) -> None:
        self._ledger, self._plan = ledger, plan
        self._on_validation, self._by_epoch = f"{Prefix.VAL}{plan.metric}", name_in_epochs(plan.metric)
        tags = {Tag.ROLE: Role.STUDY, Tag.STUDY: plan.name, Tag.ROW: plan.row, Tag.TRIALS: str(plan.trials)}
        tags |= {Tag.SAMPLER: plan.sampler, Tag.PRUNER: plan.pruner}  # may change from run to run
        name, key = f"study of {plan.row}{' (each)' if plan.each else ''}", f"study:{plan.key}"
        self._parent = ledger.enter(key, name, tags=tags, params=study_params(plan))
        self._others = {run.key: run for run in ledger.retire_others(key, f"trial:{plan.key}:")}
        self._recorded = self._trials()
        self._open: dict[int, str] = {}
        self._kept: dict[int, tuple[Mapping[str, Any], dict[int, float]]] = {}

    @property
    def is_behind(self) -> bool:
        """Whether epochs wait for ``flush``."""
        return bool(self._kept)

    def begin(self, number: int, values: Mapping[str, Any]) -> None:
        """Show a trial as running; again, under the same run, where it ran before."""
        self._open[number] = self._enter(number, values).run_id

    def epoch(self, number: int, values: Mapping[str, Any], epoch: int, score: float) -> None:
        """Keep the metric on validation after an epoch, counted from 1, for the next ``flush``."""
        self._kept.setdefault(number, (values, {}))[1][epoch] = score

    def flush(self) -> None:
        """Log the epochs that were kept; those that a run has already are skipped."""
        for number, (values, epochs) in self._kept.items():
            self._record(number, values).log(self._series(epochs))
        self._kept.clear()

    def end(self, line: TrialLine) -> None:
        """Show how a trial ended."""
        record = self._record(line.number, line.values)
        _, epochs = self._kept.pop(line.number, (line.values, {}))
        record.log(self._series(epochs), self._score(line), _end_tags(line))
        record.close(_ENDED[line.status])
        del self._open[line.number]

    def deliver(self, state: StudyState, epochs: Mapping[int, Mapping[int, float]]) -> None:
        """Record everything of the study that is missing; what waits to be taken again is closed as killed.

        ``epochs`` holds the metric on validation by trial and epoch, as far as this process saw it.
        """
        self.flush()
        self._open.clear()
        self._recorded = self._trials()
        keys = {self._key(line.number) for line in state.trials}
        for run in [run for key, run in self._recorded.items() if key not in keys]:
            self._set_aside(run)
        for line in state.trials:
            self._deliver(line, self._recorded.get(self._key(line.number)), epochs.get(line.number, {}))
        self._recorded = self._trials()
        self._mark(Tag.BEST, state.best)
        self._mark(Tag.OWN, state.own)

    def publish(self, study: OptunaStudy, tuned: Tuned | None) -> None:
        """Put figures, the table of trials and the best one on the study's run; nothing where it holds them already.

        ``tuned`` is ``tuned_of`` the study, if it was computed.
        """
        from ablation.tuning.plots import study_figures

        state, parent = state_of(study, self._plan), self._ledger.record(self._parent.run_id)
        digest = _digest(state)
        if parent.tags.get(Tag.PUBLISHED) == digest:  # by another process too
            return
        tuned = tuned or tuned_of(study, self._plan)
        parent.log(summary=study_metrics(state, tuned))
        parent.log_text(trials_table(state).to_csv(index=False), "trials.csv")
        if tuned is not None:
            parent.log_text(best_text(tuned), "best.yaml")
        for path, figure in study_figures(study, self._plan, tuned.importances if tuned else ()):
            parent.log_figure(figure, path)
        parent.describe(description(state, tuned))
        parent.log(tags={Tag.PUBLISHED: digest})

    def close(self, status: Status) -> None:
        """End the study's run."""
        self._parent.close(status)

    def _deliver(self, line: TrialLine, recorded: Recorded | None, epochs: Mapping[int, float]) -> None:
        is_running = recorded is not None and recorded.status == "RUNNING"
        if line.status == "waiting":
            if recorded and is_running:
                self._ledger.record(recorded.run_id).close("KILLED")
        elif line.status == "running":
            if not is_running:
                self._enter(line.number, line.values)
        else:
            self._deliver_end(line, recorded, epochs)

    def _deliver_end(self, line: TrialLine, recorded: Recorded | None, epochs: Mapping[int, float]) -> None:
        """Record what MLflow lacks of a trial that ended."""
        if recorded and (recorded.status != _ENDED[line.status] or _has_other_values(recorded, line.values)):
            recorded = None
        if recorded and Tag.DELIVERED in recorded.tags:
            return
        # entering would move the end of a run that was closed in time
        record = self._ledger.record(recorded.run_id) if recorded else self._enter(line.number, line.values)
        by_replicate = self._plan.pruner == "wilcoxon"
        name = f"{Prefix.REPLICATE}{self._on_validation}" if by_replicate else self._by_epoch
        record.log(self._series(epochs or self._epochs_of_another_version(line)))
        steps = [(step, {name: value}) for step, value in line.steps.items()]
        seconds = {} if math.isnan(line.seconds) else {f"{Prefix.COST}seconds": line.seconds}
        record.log(steps, self._score(line) | seconds, {**_end_tags(line), Tag.DELIVERED: "true"})
        if not recorded:
            record.close(_ENDED[line.status])

    def _epochs_of_another_version(self, line: TrialLine) -> Mapping[int, float]:
        """The epochs that only another version's run of a trial has; before version 2 they had the metric's name."""
        other = self._others.get(self._key(line.number))
        if other is None or _has_other_values(other, line.values):
            return {}
        record = self._ledger.record(other.run_id)
        return record.history(self._by_epoch) or record.history(self._on_validation)

    def _series(self, epochs: Mapping[int, float]) -> list[StepMetrics]:
        return [(epoch, {self._by_epoch: score}) for epoch, score in epochs.items()]

    def _score(self, line: TrialLine) -> dict[str, float]:
        """What the trial is compared by: a mean over replicates, so another thing than the epochs of the first one."""
        return {f"{Prefix.SCORE}{self._on_validation}": line.score} if math.isfinite(line.score) else {}

    def _record(self, number: int, values: Mapping[str, Any]) -> RunRecord:
        """The run of an active trial, read anew: another process may have delivered the trial meanwhile."""
        if number not in self._open:
            self.begin(number, values)
        return self._ledger.record(self._open[number])

    def _enter(self, number: int, values: Mapping[str, Any]) -> RunRecord:
        key = self._key(number)
        recorded = self._recorded.get(key)
        if recorded is not None and _has_other_values(recorded, values):
            self._set_aside(recorded)
        tags = {Tag.ROLE: Role.TRIAL, Tag.STUDY: self._plan.name, Tag.TRIAL: str(number)}
        return self._ledger.enter(
            key, f"trial {number}", parent=self._parent.run_id, tags=tags, params=_trial_params(values)
        )

    def _set_aside(self, run: Recorded) -> None:
        """Free the key of a trial whose study is gone from Optuna's storage."""
        record = self._ledger.record(run.run_id)
        record.log(tags={Tag.KEY: f"{run.key}:{run.run_id}", Tag.BEST: "", Tag.OWN: ""})
        record.mark_stale()
        if run.status == "RUNNING":
            record.close("KILLED")
        self._recorded.pop(run.key)

    def _trials(self) -> dict[str, Recorded]:
        """The study's trials in MLflow, without those that were set aside."""
        runs = self._ledger.find(parent=self._parent.run_id)
        return {key: run for key, run in runs.items() if not key.endswith(f":{run.run_id}")}

    def _mark(self, tag: str, number: int | None) -> None:
        """Give a tag to one trial, and take it from any other."""
        for key, run in self._recorded.items():
            value = "true" if number is not None and key == self._key(number) else ""
            if run.tags.get(tag, "") != value:
                self._ledger.record(run.run_id).log(tags={tag: value})

    def _key(self, number: int) -> str:
        return f"trial:{self._plan.key}:{number}"


def _end_tags(line: TrialLine) -> dict[str, str]:
    """Tags that say how a trial ended."""
    pruned = {Tag.PRUNED: "true"} if line.status == "pruned" else {}
    return pruned | ({Tag.REASON: line.reason[:500]} if line.reason else {})


def _trial_params(values: Mapping[str, Any]) -> dict[str, str]:
    return {path: yaml_flow(value) for path, value in values.items()}


def _has_other_values(run: Recorded, values: Mapping[str, Any]) -> bool:
    """Whether a run has other values, as a parameter in MLflow cannot change."""
    return any(run.params.get(path, text) != text for path, text in _trial_params(values).items())


def _digest(state: StudyState) -> str:
    trials = [[trial.number, trial.status, repr(trial.score)] for trial in state.trials]
    return address({"trials": trials, "asked": state.asked})[:32]
