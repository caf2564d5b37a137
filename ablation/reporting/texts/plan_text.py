"""A plan as people read it: what each rung changes, what is in the store already, how long the rest will take."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ablation.analysis.verdict.tuning import UNPLANNED, Tuning, tunings
from ablation.experiment.planning.made_again import AddressChange, MadeAgain
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.reporting.tables.cells import decimals_of, fixed
from ablation.reporting.tables.settings import patch_flow
from ablation.reporting.texts.live_display import duration_text
from ablation.reporting.texts.remedies import study_lines, unbroken
from ablation.reporting.texts.tuning_text import optimistic

_NAMED = 3
"""Changed modules that are named."""


def plan_text(
    plan: Plan, store: ContentStore, slot_seconds: float, jobs: int, again: MadeAgain | None = None
) -> RenderableType:
    """The plan, the estimate of ``slot_seconds`` shared by ``jobs`` slots, and what of the last run is made again."""
    return Group(
        Text(f"{plan.name}: what each rung changes", style="bold"),
        _rungs(plan),
        *map(_tuned, tunings(plan)),
        *_notices(plan),
        Text("\nwhat is trained", style="bold"),
        _variants(plan, store),
        Text(),
        *_sums(plan, store, slot_seconds, jobs),
        *([Text(made_again_text(again))] if again else []),
    )


def made_again_text(again: MadeAgain) -> str:
    """How many trainings of the last run are made again although their settings are the same, and why."""
    trainings = "1 training" if again.trainings == 1 else f"{again.trainings} trainings"
    reasons = "; ".join(_reasons(again.changes)) or "the experiment's seed, protocol or split changed"
    return f"{trainings} of the last run {'is' if again.trainings == 1 else 'are'} made again: {reasons}"


def _reasons(changes: Sequence[AddressChange]) -> Iterator[str]:
    for change in changes:
        if change.kind == "earlier":
            yield "made by an earlier version of ablation"
        elif change.kind == "data":
            yield "the data changed"
        elif change.kind == "version":
            yield f"{change.name} {change.old} is now {change.new}"
    modules = [change.name.removeprefix("ablation.recipe.") for change in changes if change.kind == "code"]
    if modules:
        others = f" and {len(modules) - _NAMED} other modules" if len(modules) > _NAMED else ""
        yield f"the code of {', '.join(modules[:_NAMED])}{others} changed"


def _rungs(plan: Plan) -> Table:
    headings = (Column(heading, overflow="fold") for heading in ("rung", "setting", "from", "to"))
    table = Table(*headings, box=None, padding=(0, 2, 0, 0))
    for rung in plan.rungs:
        name = f"+ {rung.name}"
        for path, old, new in rung.differences:
            if new is not None:
                table.add_row(Text(name), Text(path), Text(old if old is not None else "-"), Text(new))
                name = ""
        if rung.control:
            table.add_row(Text(name), "nothing: a control, which runs the row above again", "-", "-")
    for rung_name in plan.unplanned:
        table.add_row(Text(f"+ {rung_name}"), f"{UNPLANNED}: what its study will find", "-", "-")
    return table


def _tuned(tuning: Tuning) -> Text:
    """Whose settings come from a study, which, and how much to believe its best score."""
    tuned, score = tuning.tuned, fixed(tuning.score, decimals_of(tuning.metric))
    return Text(
        f'tuned: {", ".join(tuning.variants)}: trial {tuned.number} of "{tuned.study}", {tuning.metric.label} {score} '
        f"({optimistic(tuned.trials)}): {patch_flow(tuned.patch)}"
    )


def _notices(plan: Plan) -> Iterator[Text]:
    for rung in plan.rungs:
        dropped = [f"{path} {old}" for path, old, new in rung.differences if new is None and old != "null"]
        if dropped:
            yield Text(f"notice: {rung.name} drops {', '.join(dropped)}")
    for notice in plan.notices:
        yield Text(f"notice: {notice}")
    yield from map(unbroken, study_lines(plan.remedy, bool(plan.unplanned), plan.invocation))


def _variants(plan: Plan, store: ContentStore) -> Table:
    trials = ["trials"] if any(variant.trials for variant in plan.variants) else []
    headings = ("variant", "designs", *trials, "trained already", "training shared with")
    table = Table(*headings, box=None, padding=(0, 2, 0, 0))
    owner: dict[str, str] = {}
    for variant in plan.variants:
        runs = plan.runs_of(variant.name)
        finished = sum(store.has(run.train) for run in runs)
        shared = owner.setdefault(runs[0].train, variant.name)
        table.add_row(
            Text(variant.name),
            ", ".join(variant.designs),
            *([str(variant.trials)] if trials else []),
            f"{finished}/{len(runs)}",
            Text("" if shared == variant.name else shared),
        )
    return table


def _images(plan: Plan) -> Text:
    counts = {split: sum(numbers) for split, numbers in plan.dataset["counts"].items()}
    names = {"train": "training", "val": "validation", "test": "test", "confirm": "set aside for a confirmation"}
    images = ", ".join(f"{number} {names[split]}" for split, number in counts.items())
    return Text(f"{images} images; one test image is {100 / counts[plan.judged_on]:.2g} points of accuracy")


def _sums(plan: Plan, store: ContentStore, slot_seconds: float, jobs: int) -> Iterator[Text]:
    parts = [stage for stage in plan.stages.values() if stage.kind == "train"]
    continued = {stage.needs.get("state") for stage in parts}
    trainings = sum(stage.address not in continued for stage in parts)
    missing = sum(not store.has(stage.address) for stage in parts)
    cut = f" in {len(parts)} parts, cut where phases begin" if len(parts) > trainings else ""
    yield _images(plan)
    yield Text(
        f"{len(plan.design_points)} trainings a replicate requested, {plan.trainings} distinct; "
        f"{plan.replicates} replicates: {trainings} trainings{cut}, {len(parts) - missing} of them in the store"
    )
    if missing:
        time = duration_text(slot_seconds / jobs)
        yield Text(
            f"about {time} of training for the {missing} missing, {jobs} at a time; start-up, predictions and the "
            "record in MLflow come on top"
        )
    else:
        yield Text("nothing to train")
