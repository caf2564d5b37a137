"""Names of metrics in an experiment file, checked where it is read."""

from ablation.errors import UserError, nearest
from ablation.experiment.config.costs import ACCURACY_GAP, COST_LABELS
from ablation.experiment.config.validation_errors import invalid
from ablation.import_path import is_import_path
from ablation.metrics.metric import Metric
from ablation.metrics.own import own_metric
from ablation.metrics.per_class import CLASS_ACCURACY
from ablation.metrics.registry import known_metrics, metric


def judging_metric(name: str) -> Metric:
    """The metric of an experiment: one that verdicts may stand on.

    Raises:
        PydanticCustomError: there is none of this name, or the user's own cannot be imported.
    """
    if is_import_path(name):
        return _own(name)
    primary = [known.name for known in known_metrics().values() if known.for_verdicts]
    if name not in primary:
        raise invalid("metric", f"no metric '{name}' to judge by; {nearest(name, primary)}")
    return metric(name)


def check_promised(name: str) -> None:
    """Raise ``PydanticCustomError`` unless a promise can be of this: a metric, a class's accuracy or a cost."""
    known = (*known_metrics(), ACCURACY_GAP, *COST_LABELS)
    if is_import_path(name):
        _own(name)
    elif name not in known and not name.startswith(CLASS_ACCURACY):
        raise invalid("metric", f"no metric or cost '{name}'; {nearest(name, known)}")


def _own(path: str) -> Metric:
    try:
        return own_metric(path)
    except UserError as error:
        raise invalid("metric", f"{error.problem}; {error.remedy}") from error
