"""The projection of the content store onto MLflow: a parent run for the ladder, one a variant, one a replicate.

The store is the truth; what is here can be made again from it at any time, in any order, without leaving anything
twice. So a lost connection or a crash delays the record and loses nothing. Runs that another version of the projection
made (``ablation.tracking.names.VERSION``) are left as they are, tagged as stale, and made again.
"""

from collections.abc import Mapping, Sequence

from ablation.experiment.planning.plan import Plan, Run, Variant
from ablation.experiment.store.content_store import ContentStore, Snapshot
from ablation.experiment.store.results import status_of
from ablation.recording.content import (
    datasets_of,
    epoch_of,
    ladder_params,
    log_finished,
    params_of,
    variant_metrics,
)
from ablation.recording.model_exports import Export, export_of
from ablation.tracking.ledger import Ledger, Recorded
from ablation.tracking.names import Role, Tag
from ablation.tracking.record import RunRecord, Status


class LadderProjection:
    """The runs of one plan in one MLflow experiment; the caller holds the experiment's recording lock.

    Args:
        plan: what is recorded.
        store: the truth.
        ledger: of the experiment.
    """

    def __init__(self, plan: Plan, store: ContentStore, ledger: Ledger) -> None:
        self._plan, self._store, self._ledger = plan, store, ledger
        known = ledger.find()
        self._recorded = set(known)
        self._delivered = {
            self._key(run): each.run_id
            for run in plan.runs
            if (each := known.get(self._key(run))) and each.status == "FINISHED" and Tag.DELIVERED in each.tags
        }
        self._settled = {key: known[key] for key in map(self._variant_key, plan.variants) if key in known}
        self._variants: dict[str, RunRecord] = {}
        self._open: dict[str, RunRecord] = {}
        self._kept: dict[str, tuple[Run, list[Mapping[str, float]]]] = {}
        self.parent = self._enter_parent()
        self._retire(known)
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
        if not self.is_delivered(run):
            self._enter(run)

    def epochs(self, run: Run, rows: Sequence[Mapping[str, float]]) -> None:
        """Keep epochs of a run for the next ``flush``."""
        if not self.is_delivered(run):
            self._kept.setdefault(self._key(run), (run, []))[1].extend(rows)

    def flush(self) -> None:
        """Log the epochs that were kept; those that a run has already are skipped."""
        for run, rows in self._kept.values():
            self._enter(run).log_epochs(map(epoch_of, rows))
        self._kept.clear()

    def deliver(self, run: Run) -> None:
        """Log everything that the store has of a run and close it; a failed one is closed as failed."""
        status, reason = status_of(run, self._store)
        if status == "missing" or (status == "finished" and self.is_delivered(run)):
            return
        _, rows = self._kept.pop(self._key(run), (run, []))
        record = self._enter(run)
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
        if not self.is_delivered(run) or Tag.MODEL in self.record_of(run).tags:
            return None
        return export_of(run, self._delivered[self._key(run)], self._ledger.uri, self._plan, self._store)

    def is_delivered(self, run: Run) -> bool:
        """Whether MLflow holds everything of a finished run."""
        return self._key(run) in self._delivered

    def record_of(self, run: Run) -> RunRecord:
        """The record of a run that was delivered, its status left alone."""
        return self._ledger.record(self._delivered[self._key(run)])

    def variant_record(self, name: str) -> RunRecord | None:
        """The record of a variant that was entered, now or before, its status left alone."""
        known = self._settled.get(self._variant_key(self._plan.variant(name)))
        return self._variants.get(name) or (self._ledger.record(known.run_id) if known else None)

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
            values = variant_metrics(runs, self._plan, self._store)
            entered = variant.name in self._variants
            if entered or (values and not self._is_settled(variant, status, values)):
                record = self._variant(variant)
                record.log_summary(values)
                record.close(status)

    def _is_settled(self, variant: Variant, status: Status, values: Mapping[str, float]) -> bool:
        known = self._settled.get(self._variant_key(variant))
        return (
            known is not None and known.status == status and all(known.metrics.get(n) == v for n, v in values.items())
        )

    def _enter_parent(self) -> RunRecord:
        plan = self._plan
        name = " ".join([plan.name, *plan.overrides])
        tags = {Tag.ROLE: Role.PARENT, Tag.PROTOCOL: plan.protocol, Tag.PLAN: plan.key}
        return self._entered(plan.parent_key, name, None, tags, ladder_params(plan))

    def _variant(self, variant: Variant) -> RunRecord:
        if variant.name not in self._variants:
            tags = {Tag.ROLE: Role.VARIANT, Tag.DESIGNS: ", ".join(variant.designs), **self._difference(variant)}
            key = self._variant_key(variant)
            self._variants[variant.name] = self._entered(
                key, variant.name, self.parent.run_id, tags, params_of(variant)
            )
        return self._variants[variant.name]

    def _enter(self, run: Run) -> RunRecord:
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
            self._open[key] = self._entered(key, name, parent, tags, params)
            self._open[key].log_datasets(datasets_of(self._plan))
        return self._open[key]

    def _entered(
        self, key: str, name: str, parent: str | None, tags: Mapping[str, str], params: Mapping[str, str]
    ) -> RunRecord:
        new = key not in self._recorded  # under the recording lock nobody else adds to them
        record = self._ledger.enter(key, name, parent=parent, tags=tags, params=params, new=new)
        self._recorded.add(key)
        return record

    def _difference(self, variant: Variant) -> dict[str, str]:
        """What the variant changes against the ladder row before it, as a tag."""
        if variant.name not in self._plan.ladder_rows[1:]:
            return {}
        rung = self._plan.rungs[self._plan.ladder_rows.index(variant.name) - 1]
        changes = (f"{path}: {old or '-'} -> {new or '-'}" for path, old, new in rung.differences)
        return {Tag.DIFFERENCE: "; ".join(changes)[:8000]}

    def _retire(self, recorded: Mapping[str, Recorded]) -> None:
        """Close what a crash left open, and mark what the experiment file no longer asks for."""
        wanted = {self._key(run) for run in self._plan.runs} | {self._variant_key(each) for each in self._plan.variants}
        for key, known in recorded.items():
            if key == self._plan.parent_key or known.tags.get(Tag.ROLE) in (Role.STUDY, Role.TRIAL):
                continue  # a study keeps its own record
            record = None
            if known.status == "RUNNING":  # nobody else records now, so whoever did has died
                record = self._ledger.record(known.run_id)
                record.close("KILLED")
            if self._is_superseded(known, wanted) != (Tag.STALE in known.tags):
                record = record or self._ledger.record(known.run_id)
                record.unmark_stale() if Tag.STALE in known.tags else record.mark_stale()

    def _is_superseded(self, known: Recorded, wanted: set[str]) -> bool:
        """Whether a run of this ladder is not wanted; replicates beyond the plan's are only not asked for now."""
        ours = known.key.startswith(self._plan.parent_key)
        beyond = int(known.tags.get(Tag.REPLICATE, "0")) > max(run.replicate for run in self._plan.runs)
        return Tag.STALE in known.tags if not ours else known.key not in wanted and not beyond

    def _key(self, run: Run) -> str:
        return f"{self._variant_key(self._plan.variant(run.variant))}/{run.replicate}/{run.address[:32]}"

    def _variant_key(self, variant: Variant) -> str:
        return f"{self._plan.parent_key}/{variant.address[:32]}"
