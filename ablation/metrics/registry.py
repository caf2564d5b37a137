"""Every metric by name: those of this folder, those of single classes, and the user's own."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ablation import metrics
from ablation.errors import UserError, nearest
from ablation.import_path import is_import_path
from ablation.metrics.metric import Metric
from ablation.metrics.own import own_metric
from ablation.metrics.per_class import CLASS_ACCURACY, class_accuracy_metric


@functools.cache
def known_metrics() -> Mapping[str, Metric]:
    """Every metric of this folder by name, in the order in which they are listed.

    Raises:
        ValueError: two metrics have one name.
    """
    distinct = {id(metric): metric for metric in _declared()}
    ordered = sorted(distinct.values(), key=lambda metric: (metric.order, metric.name))
    by_name = {metric.name: metric for metric in ordered}
    if len(by_name) < len(ordered):
        raise ValueError(f"two metrics have one name: {[metric.name for metric in ordered]}")
    return MappingProxyType(by_name)


def is_metric(name: str) -> bool:
    """Whether a name is that of a metric of this folder, or an import path."""
    return name in known_metrics() or is_import_path(name)


def metric(name: str, classes: Sequence[str] = ()) -> Metric:
    """The metric of that name, or of that import path.

    Args:
        classes: the names of the classes in their order; ``class_accuracy/<class>`` is then a metric too.

    Raises:
        UserError: there is none (with the nearest name), or the user's own metric cannot be imported.
    """
    if name in known_metrics():
        return known_metrics()[name]
    of_classes = {f"{CLASS_ACCURACY}{each}": position for position, each in enumerate(classes)}
    if name in of_classes:
        return class_accuracy_metric(classes[of_classes[name]], of_classes[name])
    if is_import_path(name):
        return own_metric(name)
    raise UserError(f"unknown metric {name!r}", place="metric", remedy=nearest(name, [*known_metrics(), *of_classes]))


def metric_in_epochs(name: str) -> Metric:
    """The metric that epochs record under that name, such as the log-loss under ``loss``.

    Raises:
        UserError: there is none.
    """
    recorded = {metric.name_in_epochs: metric for metric in known_metrics().values()}
    return recorded[name] if name in recorded else metric(name)


def metrics_of_every_epoch() -> tuple[Metric, ...]:
    """The metrics that every epoch records."""
    return tuple(metric for metric in known_metrics().values() if metric.per_epoch)


def _declared() -> list[Metric]:
    """The metrics at the top level of the modules of this folder; an imported one is listed twice."""
    names = [f"{metrics.__name__}.{each.name}" for each in pkgutil.iter_modules(metrics.__path__)]
    modules = [importlib.import_module(name) for name in names]
    return [value for module in modules for value in vars(module).values() if isinstance(value, Metric)]
