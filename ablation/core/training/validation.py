"""Metrics after each epoch, without augmentation: on the val images, and on as many training images."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from ablation.core.training.setup import Training
from ablation.metrics.metric import Predicted
from ablation.metrics.per_class import class_accuracy, predicted_shares
from ablation.metrics.recall import ACCURACY
from ablation.metrics.registry import metric_in_epochs, metrics_of_every_epoch
from ablation.recipe.data.pool import Ids
from ablation.recipe.model import Classifier
from ablation.recipe.monitor import Watched


def validate(training: Training, model: Classifier, watched: Iterable[Watched] = ()) -> dict[str, float]:
    """The validation part of an epoch's record.

    Keys: ``val/<metric>``; ``val/class_accuracy/<class>`` and ``val/predicted_share/<class>``, proportions in 0..1;
    ``train/clean_accuracy`` on a fixed sample of the training images, and ``gap``, that minus the val accuracy. The
    metrics are those of every record and the ``watched`` ones, on which the recipe depends (early stopping, ...).

    Raises:
        UserError: a user's own metric raises an error.
    """
    split, model = training.split, training.for_evaluation(model)
    seen = Predicted.of(training.predicted(model, split.val), split.labels[split.val])
    record = {f"val/{metric.name_in_epochs}": metric.value(seen) for metric in metrics_of_every_epoch()}
    record |= {f"val/{name}": metric_in_epochs(name).value(seen) for name in watched}
    record |= _of_classes(seen, split.classes)
    sample = clean_sample(split.train, len(split.val))
    clean = ACCURACY.value(Predicted.of(training.predicted(model, sample), split.labels[sample]))
    return record | {"train/clean_accuracy": clean, "gap": clean - record["val/accuracy"]}


def _of_classes(seen: Predicted, classes: Sequence[str]) -> dict[str, float]:
    """The accuracy of each class that has examples, and each class's share of the predictions."""
    recall = class_accuracy(seen.decisions, seen.labels, len(classes))
    shares = predicted_shares(seen.decisions, len(classes))
    record = {}
    for number, name in enumerate(classes):
        if math.isfinite(recall[number]):
            record[f"val/class_accuracy/{name}"] = float(recall[number])
        record[f"val/predicted_share/{name}"] = float(shares[number])
    return record


def clean_sample(train: Ids, size: int) -> Ids:
    """At most ``size`` training images, evenly spaced, the same in every epoch."""
    positions = np.linspace(0, len(train) - 1, min(size, len(train)))
    return train[positions.astype(np.int64)]
