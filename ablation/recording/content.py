"""What the runs of the projection hold: parameters, datasets, final metrics, figures and files."""

import json
import math
from collections.abc import Mapping, Sequence

from ablation.analysis.diagnosis.diagnose import findings_of
from ablation.experiment.planning.plan import Plan, Run, Variant
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.results import epochs_to_best, measured_metrics, model_costs, status_of, training_costs
from ablation.experiment.store.scores import prediction_scores
from ablation.recipe.merge import flattened
from ablation.recording.run_images import confusion_image, curves_image
from ablation.reporting.texts.finding_text import finding_text
from ablation.stage import PREDICTIONS, WEIGHTS
from ablation.stats.paired import paired_t
from ablation.tracking.names import Prefix, Tag, seconds_metric
from ablation.tracking.record import RunRecord, dataset_input

_SPLITS = ("train", "val", "test")


def params_of(variant: Variant) -> dict[str, str]:
    """The resolved recipe, flattened to dotted settings."""
    settings = flattened(variant.recipe).items()
    return {path: value if isinstance(value, str) else json.dumps(value) for path, value in settings}


def log_datasets(record: RunRecord, plan: Plan) -> None:
    """Log the data of a run, one input a split, with the counts by class of the first replicate."""
    data = plan.dataset
    name, fingerprint = data["name"], data["fingerprint"][:12]
    counts = {split: dict(zip(data["classes"], data["counts"][split], strict=True)) for split in _SPLITS}
    record.log_datasets(dataset_input(f"{name} {split}", fingerprint, split, name, counts[split]) for split in _SPLITS)


def epoch_of(row: Mapping[str, float]) -> tuple[int, dict[str, float]]:
    """An epoch of a training's history as MLflow's step and metrics."""
    return int(row["epoch"]), {name: value for name, value in row.items() if name != "epoch"}


def log_finished(record: RunRecord, run: Run, plan: Plan, store: ContentStore, tags: Mapping[str, str]) -> None:
    """Log everything that the store has of a finished run, and last of all tags that say so.

    The validation metrics of the weights that were kept, as in a result frame, are the step after the last epoch: so
    the latest value, which MLflow lists, is that of the frame.
    """
    trained = store.outcome(run.train)
    history = trained["history"]
    record.log_dict(plan.variant(run.variant).recipe, "recipe.yaml")
    record.log_dict(plan.environment, "environment.json")
    predictions = store.predictions(run.test)
    classes = plan.dataset["classes"]
    if predictions.probabilities.shape[1] != len(classes):  # a rung may drop or merge classes
        classes = [str(number) for number in range(predictions.probabilities.shape[1])]
    record.log_image(confusion_image(predictions.labels, predictions.decisions, classes), "confusion.png")
    record.log_image(curves_image(history), "curves.png")
    record.link_file(store.folder(run.train) / WEIGHTS, "weights")
    record.link_file(store.folder(run.test) / PREDICTIONS, "test")
    warned = {f"{Tag.WARNING}{finding.kind}": finding_text(finding) for finding in findings_of(run, plan, store)}
    if warned:  # half a second of drawing, for these runs alone; its numbers are metrics of every run
        from ablation.reporting.figures.diagnostics import diagnostics_figure

        record.log_figure(diagnostics_figure(history), "diagnostics.png")
    metrics = measured_metrics(run, plan, store)
    on_validation = {name: value for name, value in metrics.items() if name.startswith(Prefix.VAL)}
    final = {name: value for name, value in metrics.items() if name not in on_validation}
    epochs = [*map(epoch_of, history), (len(history) + 1, on_validation)]
    diverged = {Tag.DIVERGED: str(trained["diverged"]).lower()}
    record.log(epochs, final | _costs(run, plan, store), {**diverged, **warned, **tags})


def _costs(run: Run, plan: Plan, store: ContentStore) -> dict[str, float]:
    costs = {name: value for name, value in training_costs(run, plan, store).items() if math.isfinite(value)}
    costs["epochs_to_best"] = float(epochs_to_best(store.outcome(run.train)["history"]))
    return {
        **{f"{Prefix.COST}{name}": value for name, value in costs.items()},
        **{seconds_metric(name): value for name, value in time_split([run], plan, store).items()},
    }


def time_split(runs: Sequence[Run], plan: Plan, store: ContentStore) -> dict[str, float]:
    """Seconds by what they were spent on, over all trainings of finished runs; ``waiting``, over all their stages.

    Without ``waiting`` where a stage did not measure it; without the others where one of the trainings measured
    nothing, as those of older versions did not.
    """
    parts = [store.outcome(address).get("time", {}) for run in runs for address in plan.trainings_of(run)]
    names = sorted(set().union(*parts)) if all(parts) else []
    waited = (store.outcome(address).get("waiting", math.nan) for run in runs for address in run.needed)
    seconds = {name: math.fsum(part.get(name, 0.0) for part in parts) for name in names}
    return {name: value for name, value in {**seconds, "waiting": math.fsum(waited)}.items() if math.isfinite(value)}


def variant_metrics(runs: Sequence[Run], plan: Plan, store: ContentStore) -> dict[str, float]:
    """Mean and SD of each test metric over the finished replicates, with the t interval of the primary one's mean;
    the mean seconds by what they were spent on; the latency and size that all replicates share.
    """
    finished = [run for run in runs if status_of(run, store)[0] == "finished"]
    if not finished:
        return {}
    tested = [prediction_scores(plan, run.test, store) for run in finished]
    values = {f"{Prefix.SUMMARY}replicates": float(len(finished))}
    for name in tested[0]:
        scores = [metrics[name] for metrics in tested]
        if not all(map(math.isfinite, scores)):
            continue
        interval = paired_t(scores)
        parts = {"mean": interval.mean, "sd": interval.sd}
        if name == plan.metric:
            parts |= {"low": interval.low, "high": interval.high}
        values |= {f"{Prefix.SUMMARY}{name}_{part}": value for part, value in parts.items() if math.isfinite(value)}
    for name, total in time_split(finished, plan, store).items():
        values[f"{Prefix.SUMMARY}time_{name}_seconds"] = total / len(finished)
    return values | {f"{Prefix.COST}{name}": float(value) for name, value in model_costs(runs[0], store).items()}
