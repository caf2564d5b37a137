"""What the runs of the projection hold: parameters, datasets, final metrics, figures and files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from ablation.analysis.diagnosis.findings import findings_of
from ablation.experiment.planning.plan import Plan, Run, Variant
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import epochs_to_best, measured, models, status_of, training_costs
from ablation.recipe.merge import flattened
from ablation.recording.run_images import confusion_sketch, curves_sketch
from ablation.reporting.texts.finding_text import finding_text
from ablation.stage import PREDICTIONS, WEIGHTS
from ablation.stats.paired import paired_t
from ablation.tracking.datasets import Dataset
from ablation.tracking.record import Record

_CONTEXTS = {"train": "training", "val": "validation", "test": "test"}


def ladder_params(plan: Plan) -> dict[str, str]:
    """What the experiment file says beside recipes; none of it changes within one ladder run."""
    return {"metric": plan.metric, "margin": repr(plan.margin), "protocol": plan.protocol, "seed": str(plan.seed)}


def params_of(variant: Variant) -> dict[str, str]:
    """The resolved recipe, flattened to dotted settings."""
    return {
        path: value if isinstance(value, str) else json.dumps(value)
        for path, value in flattened(variant.recipe).items()
    }


def datasets_of(plan: Plan) -> list[Dataset]:
    """The data of a run, one input a split, with the counts by class of the first replicate."""
    data = plan.dataset
    return [
        Dataset(
            name=f"{data['name']} {split}",
            digest=data["fingerprint"][:12],
            context=context,  # type: ignore[arg-type]
            source=data["name"],
            profile=dict(zip(data["classes"], data["counts"][split], strict=True)),
        )
        for split, context in _CONTEXTS.items()
    ]


def epoch_of(row: Mapping[str, float]) -> tuple[int, dict[str, float]]:
    """A record of a training's history as MLflow's step and metrics."""
    return int(row["epoch"]), {name: value for name, value in row.items() if name != "epoch"}


def log_finished(record: Record, run: Run, plan: Plan, store: ContentStore, told: Mapping[str, str]) -> None:
    """Everything that the store has of a finished run; ``told`` are tags that say so."""
    trained = store.outcome(run.train)
    record.log_dict(plan.variant(run.variant).recipe, "recipe.yaml")
    record.log_dict(plan.environment, "environment.json")
    found = store.predictions(run.test)
    classes = plan.dataset["classes"]
    if found.probabilities.shape[1] != len(classes):  # a rung may drop or merge classes
        classes = [str(number) for number in range(found.probabilities.shape[1])]
    record.log_image(confusion_sketch(found.labels, found.decisions, classes), "confusion.png")
    record.log_image(curves_sketch(trained["history"]), "curves.png")
    record.link_file(store.folder(run.train) / WEIGHTS, "weights")
    record.link_file(store.folder(run.test) / PREDICTIONS, "test")
    warned = {f"warning.{finding.kind}": finding_text(finding) for finding in findings_of(run, plan, store)}
    if warned:  # half a second of drawing, for the runs that want a closer look; its numbers are metrics of all
        from ablation.reporting.figures.diagnostics import diagnostics_figure

        record.log_figure(diagnostics_figure(trained["history"]), "diagnostics.png")
    tags = {"diverged": str(trained["diverged"]).lower(), **warned, **told}
    record.log(map(epoch_of, trained["history"]), _final_metrics(run, plan, store), tags)


def _final_metrics(run: Run, plan: Plan, store: ContentStore) -> dict[str, float]:
    trained = store.outcome(run.train)
    return {
        **{name.replace("val/", "validation/", 1): value for name, value in measured(run, store).items()},
        **{f"cost/{name}": value for name, value in training_costs(run, plan, store).items() if math.isfinite(value)},
        "cost/epochs_to_best": float(epochs_to_best(trained["history"])),
        **{f"time/{name}_seconds": seconds for name, seconds in time_split(run, plan, store).items()},
    }


def time_split(run: Run, plan: Plan, store: ContentStore) -> dict[str, float]:
    """Seconds by what they went into, over all trainings that a finished run stands on; ``waiting``, of all its stages.

    Where one of the trainings measured nothing, as those of older versions did not, there is no split; nor ``waiting``
    where a stage did not measure it.
    """
    return _total_times([run], plan, store)


def _total_times(runs: Sequence[Run], plan: Plan, store: ContentStore) -> dict[str, float]:
    """``time_split`` summed over runs."""
    parts = [store.outcome(address).get("time", {}) for run in runs for address in plan.trainings_of(run)]
    waited = (store.outcome(address).get("waiting", math.nan) for run in runs for address in run.needed)
    total = {**_added(parts), "waiting": math.fsum(waited)}
    return {name: seconds for name, seconds in total.items() if math.isfinite(seconds)}


def _added(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The sum of each name that any of the parts has, as it is nothing in the others; empty where one part is."""
    if not all(parts):
        return {}
    return {name: math.fsum(part.get(name, 0.0) for part in parts) for name in sorted(set().union(*parts))}


def summary_metrics(runs: Sequence[Run], plan: Plan, store: ContentStore) -> dict[str, float]:
    """Mean and SD of each test metric over the finished replicates, with the t interval of the primary one's mean;
    the mean seconds by what they went into; the latency and size that all replicates share.

    The names differ from the replicates' own, so that MLflow's grouping never averages a mean with its parts.
    """
    ended = [run for run in runs if status_of(run, store)[0] == "finished"]
    finished = [store.outcome(run.test)["metrics"] for run in ended]
    if not finished:
        return {}
    values = {"summary/replicates": float(len(finished))}
    for name in finished[0]:
        scores = [metrics[name] for metrics in finished]
        if not all(map(math.isfinite, scores)):
            continue
        seen = paired_t(scores)
        found = {"mean": seen.mean, "sd": seen.sd}
        if name == plan.metric:
            found |= {"low": seen.low, "high": seen.high}
        values |= {f"summary/{name}_{part}": value for part, value in found.items() if math.isfinite(value)}
    for name, seconds in _total_times(ended, plan, store).items():
        values[f"summary/time_{name}_seconds"] = seconds / len(ended)
    return values | {f"cost/{name}": float(value) for name, value in models(runs[0], store).items()}
