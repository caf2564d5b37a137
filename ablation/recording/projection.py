"""The projection of the content store onto MLflow: a parent run for the ladder, one a variant, one a replicate.

The store is the truth; what is here can be made again from it at any time, in any order, without leaving anything
twice. So a lost connection or a crash delays the record and loses nothing. Runs that another version of the projection
made (``ablation.tracking.names.VERSION``) are left as they are, tagged as stale, and made again.
"""

from collections.abc import Mapping

from ablation.experiment.planning.plan import Plan, Run, Variant
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import status_of
from ablation.experiment.store.snapshot import Snapshot
from ablation.recording.content import epoch_of, log_datasets, log_finished, params_of, variant_metrics
from ablation.recording.model_export import Export, export_of
from ablation.tracking.ledger import Ledger, Recorded
from ablation.tracking.names import Role, Tag
from ablation.tracking.record import RunRecord, Status


class LadderProjection:
    """The runs of one plan in one MLflow experiment; the caller holds the experiment's recording lock."""

    def __init__(self, plan: Plan, store: ContentStore, ledger: Ledger) -> None:
        self._plan, self._store, self._ledger = plan, store, ledger
        recorded = ledger.find()
        self._keys = set(recorded)
        self._delivered = {
            key: run.run_id
            for key in map(self._key, plan.runs)
            if (run := recorded.get(key)) and run.status == "FINISHED" and Tag.DELIVERED in run.tags
        }
        self._recorded_variants = {
            key: recorded[key] for key in map(self._variant_key, plan.variants) if key in recorded
        }
        self._variants: dict[str, RunRecord] = {}
        self._open: dict[str, RunRecord] = {}
        self._kept: dict[str, tuple[Run, list[Mapping[str, float]]]] = {}
        tags = {Tag.ROLE: Role.PARENT, Tag.PROTOCOL: plan.protocol, Tag.PLAN: plan.key}
        params = {"metric": plan.metric, "margin": repr(plan.margin), "protocol": plan.protocol, "seed": str(plan.seed)}
        self.parent = self._enter(plan.parent_key, " ".join([plan.name, *plan.overrides]), None, tags, params)
        self._retire(recorded)
        ledger.retire_others(plan.parent_key)

    @property
    def is_behind(self) -> bool:
        """Whether epochs wait for ``flush``."""
        return bool(self._kept)

    @property
    def has_grown(self) -> bool:
        """Whether any run was entered."""
        return bool(self._variants)

    def begin(self, run: Run) -> None:
        """Show a replicate's run as running."""
        if not self._is_delivered(run):
            self._replicate(run)

    def epoch(self, run: Run, row: Mapping[str, float]) -> None:
        """Keep an epoch of a run for the next ``flush``."""
        if not self._is_delivered(run):
            self._kept.setdefault(self._key(run), (run, []))[1].append(row)

    def flush(self) -> None:
        """Log the epochs that were kept; those that a run has already are skipped."""
        for run, rows in self._kept.values():
            self._replicate(run).log(map(epoch_of, rows))
        self._kept.clear()

    def deliver(self, run: Run) -> None:
        """Log everything that the store has of a run and close it; a failed one is closed as failed."""
        status, reason = status_of(run, self._store)
        if status == "missing" or (status == "finished" and self._is_delivered(run)):
            return
        _, rows = self._kept.pop(self._key(run), (run, []))
        record = self._replicate(run)
        if status == "finished":
            tags = {Tag.DELIVERED: "true"} | ({Tag.REASON: ""} if Tag.REASON in record.tags else {})
            log_finished(record, run, self._plan, Snapshot(self._store.root), tags)
            record.close("FINISHED")
            self._delivered[self._key(run)] = record.run_id
        else:
            record.log(map(epoch_of, rows), tags={Tag.REASON: reason[:500]})
            record.close("FAILED")
        del self._open[self._key(run)]

    def wanted_export(self, run: Run) -> Export | None:
        """What the model of a run is made of, if the run was delivered and does not have its model."""
        run_id = self._delivered.get(self._key(run))
        if run_id is None or Tag.MODEL in self._ledger.record(run_id).tags:
            return None
        return export_of(run, run_id, self._ledger.uri, self._plan, self._store)

    def variant_record(self, name: str) -> RunRecord | None:
        """The record of a variant that was entered, now or before, its status left alone."""
        recorded = self._recorded_variants.get(self._variant_key(self._plan.variant(name)))
        return self._variants.get(name) or (self._ledger.record(recorded.run_id) if recorded else None)

    def close_replicates(self) -> None:
        """Close the runs that are still open: they were stopped."""
        self.flush()
        for record in self._open.values():
            record.close("KILLED")
        self._open.clear()

    def close_variants(self, stopped: Status) -> None:
        """Give each variant its means and its status; ``stopped`` is that of a variant with runs missing."""
        for variant in self._plan.variants:
            runs = self._plan.runs_of(variant.name)
            states = {status_of(run, self._store)[0] for run in runs}
            status: Status = "FINISHED" if states == {"finished"} else "FAILED" if "failed" in states else stopped
            metrics = variant_metrics(runs, self._plan, self._store)
            recorded = self._recorded_variants.get(self._variant_key(variant))
            as_recorded = recorded and recorded.status == status and metrics.items() <= recorded.metrics.items()
            if variant.name in self._variants or (metrics and not as_recorded):
                record = self._variant(variant)
                record.log(summary=metrics)
                record.close(status)

    def _variant(self, variant: Variant) -> RunRecord:
        """The record of a variant's run, entered if this process has not yet."""
        if variant.name not in self._variants:
            tags = {Tag.ROLE: Role.VARIANT, Tag.DESIGNS: ", ".join(variant.designs), **self._difference(variant)}
            key, params = self._variant_key(variant), params_of(variant)
            self._variants[variant.name] = self._enter(key, variant.name, self.parent.run_id, tags, params)
        return self._variants[variant.name]

    def _replicate(self, run: Run) -> RunRecord:
        """The record of a replicate's run, entered if it is not open."""
        key = self._key(run)
        if key not in self._open:
            variant = self._plan.variant(run.variant)
            tags = {
                Tag.ROLE: Role.REPLICATE,
                Tag.REPLICATE: str(run.replicate),
                Tag.VARIANT: run.variant,
                Tag.ADDRESS: run.address,
                Tag.TRAINING: run.train,
                **self._difference(variant),
            }
            params = params_of(variant) | {"seed": str(self._plan.seed), "replicate": str(run.replicate)}
            name, parent = f"{run.replicate + 1} · {run.variant}", self._variant(variant).run_id
            self._open[key] = self._enter(key, name, parent, tags, params)
            log_datasets(self._open[key], self._plan)
        return self._open[key]

    def _enter(
        self, key: str, name: str, parent: str | None, tags: Mapping[str, str], params: Mapping[str, str]
    ) -> RunRecord:
        new = key not in self._keys  # under the recording lock nobody else adds to them
        record = self._ledger.enter(key, name, parent=parent, tags=tags, params=params, new=new)
        self._keys.add(key)
        return record

    def _difference(self, variant: Variant) -> dict[str, str]:
        """What the variant changes against the ladder row before it, as a tag."""
        if variant.name not in self._plan.ladder_rows[1:]:
            return {}
        rung = self._plan.rungs[self._plan.ladder_rows.index(variant.name) - 1]
        changes = (f"{path}: {old or '-'} -> {new or '-'}" for path, old, new in rung.differences)
        return {Tag.DIFFERENCE: "; ".join(changes)[:8000]}

    def _retire(self, recorded: Mapping[str, Recorded]) -> None:
        """Close what a crash left open, and mark what the experiment file no longer contains."""
        wanted = {*map(self._key, self._plan.runs), *map(self._variant_key, self._plan.variants)}
        for key, run in recorded.items():
            if key == self._plan.parent_key or run.tags.get(Tag.ROLE) in (Role.STUDY, Role.TRIAL):
                continue  # a study keeps its own record
            is_stale = Tag.STALE in run.tags
            changes = self._is_superseded(run, wanted) != is_stale
            if run.status == "RUNNING" or changes:
                record = self._ledger.record(run.run_id)
                if run.status == "RUNNING":  # nobody else records now, so the process that did has died
                    record.close("KILLED")
                if changes:
                    record.unmark_stale() if is_stale else record.mark_stale()

    def _is_superseded(self, run: Recorded, wanted: set[str]) -> bool:
        """Whether a run is no longer part of the file; replicates beyond the plan's are only not needed now."""
        if not run.key.startswith(self._plan.parent_key):
            return Tag.STALE in run.tags
        beyond = int(run.tags.get(Tag.REPLICATE, "0")) > max(planned.replicate for planned in self._plan.runs)
        return run.key not in wanted and not beyond

    def _is_delivered(self, run: Run) -> bool:
        """Whether MLflow holds everything of a finished run."""
        return self._key(run) in self._delivered

    def _key(self, run: Run) -> str:
        return f"{self._variant_key(self._plan.variant(run.variant))}/{run.replicate}/{run.address[:32]}"

    def _variant_key(self, variant: Variant) -> str:
        return f"{self._plan.parent_key}/{variant.address[:32]}"
