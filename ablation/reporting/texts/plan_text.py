"""A plan as people read it: what each rung changes, what is there already, what it will take."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ablation.analysis.verdict.tuning import UNPLANNED, Tuning, tunings
from ablation.experiment.planning.made_again import MadeAgain
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.reporting.tables.cells import decimals_of, fixed
from ablation.reporting.tables.settings import patch_flow
from ablation.reporting.texts.made_again_text import made_again_text
from ablation.reporting.texts.progress import spoken
from ablation.reporting.texts.remedies import study_lines, unbroken


def plan_text(
    plan: Plan, store: ContentStore, lane_seconds: float, jobs: int, again: MadeAgain | None = None
) -> RenderableType:
    """The plan, with the estimate of ``lane_seconds`` shared by ``jobs`` lanes.

    Args:
        again: what of the last run is trained again, if anything is.
    """
    return Group(
        Text(f"{plan.name}: what each rung changes", style="bold"),
        _rungs(plan),
        *map(_tuned, tunings(plan)),
        *_notices(plan),
        Text("\nwhat is trained", style="bold"),
        _variants(plan, store),
        Text(),
        *_sums(plan, store, lane_seconds, jobs),
        *([Text(made_again_text(again))] if again else []),
    )


def _rungs(plan: Plan) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("rung", "setting", "from", "to"):
        table.add_column(heading, overflow="fold")
    for rung in plan.rungs:
        name = f"+ {rung.name}"
        for path, old, new in rung.differences:
            if new is not None:
                table.add_row(Text(name), Text(path), Text(old if old is not None else "-"), Text(new))
                name = ""
        if rung.control:
            table.add_row(Text(name), Text("nothing: a control, which runs the row above again"), Text("-"), Text("-"))
    for waiting in plan.unplanned:
        table.add_row(Text(f"+ {waiting}"), Text(f"{UNPLANNED}: what its study will find"), Text("-"), Text("-"))
    return table


def _tuned(found: Tuning) -> Text:
    """Whose settings come from a study, which, and how much to believe its best score."""
    tuned, score = found.tuned, fixed(found.score, decimals_of(found.metric))
    return Text(
        f'tuned: {", ".join(found.variants)}: trial {tuned.number} of "{tuned.study}", {found.metric.label} {score} '
        f"(on validation, the best of {tuned.trials}: optimistic): {patch_flow(tuned.patch)}"
    )


def _notices(plan: Plan) -> Iterator[Text]:
    for rung in plan.rungs:
        gone = [f"{path} {old}" for path, old, new in rung.differences if new is None and old != "null"]
        if gone:
            yield Text(f"notice: {rung.name} drops {', '.join(gone)}")
    for notice in plan.notices:
        yield Text(f"notice: {notice}")
    yield from map(unbroken, study_lines(plan.remedy, bool(plan.unplanned), plan.invocation))


def _variants(plan: Plan, store: ContentStore) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    trials = any(variant.trials for variant in plan.variants)
    for heading in ("variant", "designs", *(["trials"] if trials else []), "trained already", "training shared with"):
        table.add_column(heading)
    owner: dict[str, str] = {}
    for variant in plan.variants:
        runs = plan.runs_of(variant.name)
        finished = sum(store.has(run.train) for run in runs)
        shared = owner.setdefault(runs[0].train, variant.name)
        table.add_row(
            Text(variant.name),
            Text(", ".join(variant.designs)),
            *([str(variant.trials)] if trials else []),
            f"{finished}/{len(runs)}",
            Text("" if shared == variant.name else shared),
        )
    return table


def _images(plan: Plan) -> str:
    """How many there are to learn from and to be judged by, and what one of these is worth."""
    counts = {split: sum(numbers) for split, numbers in plan.dataset["counts"].items()}
    names = {"train": "training", "val": "validation", "test": "test", "confirm": "set aside for a confirmation"}
    told = ", ".join(f"{number} {names[split]}" for split, number in counts.items())
    worth = f"; one test image is {100 / counts[plan.judged_on]:.2g} points of accuracy"
    return f"{told} images{worth}"


def _sums(plan: Plan, store: ContentStore, lane_seconds: float, jobs: int) -> Iterator[Text]:
    parts = [stage for stage in plan.stages.values() if stage.kind == "train"]
    begun = {stage.needs.get("state") for stage in parts}
    trainings = [stage for stage in parts if stage.address not in begun]
    missing = sum(not store.has(stage.address) for stage in parts)
    cut = f" in {len(parts)} parts, cut where phases begin" if len(parts) > len(trainings) else ""
    yield Text(_images(plan))
    yield Text(
        f"{len(plan.design_points)} trainings a replicate requested, {plan.trainings} distinct; "
        f"{plan.replicates} replicates: {len(trainings)} trainings{cut}, {len(parts) - missing} of them in the store"
    )
    if missing:
        yield Text(
            f"about {spoken(lane_seconds / jobs)} of training for the {missing} missing, {jobs} at a time; start-up, "
            "predictions and the record in MLflow come on top"
        )
    else:
        yield Text("nothing to train")
