"""Names of metrics in an experiment file, checked where it is read."""

from collections.abc import Iterable

from pydantic_core import PydanticCustomError

from ablation.errors import UserError, nearest
from ablation.import_path import is_import_path
from ablation.metrics.metric import Metric
from ablation.metrics.own import own_metric
from ablation.metrics.per_class import CLASS_ACCURACY
from ablation.metrics.registry import known_metrics, metric


def judging_metric(name: str) -> Metric:
    """The metric of an experiment: one that verdicts may stand on.

    Raises:
        PydanticCustomError: it is none, or the user's own cannot be had.
    """
    primary = [each.name for each in known_metrics().values() if each.for_verdicts]
    if is_import_path(name):
        return _own(name)
    if name not in primary:
        raise PydanticCustomError(
            "metric", "no metric '{name}' to judge by; {hint}", {"name": name, "hint": nearest(name, primary)}
        )
    return metric(name)


def check_promised(name: str, columns: Iterable[str]) -> None:
    """Whether something can be promised of a metric, of a class's accuracy, or of one of the other columns.

    Raises:
        PydanticCustomError: there is no such metric or column.
    """
    known = (*known_metrics(), *columns)
    if is_import_path(name):
        _own(name)
    elif name not in known and not name.startswith(CLASS_ACCURACY):
        raise PydanticCustomError(
            "metric", "no metric or cost '{name}'; {hint}", {"name": name, "hint": nearest(name, known)}
        )


def _own(path: str) -> Metric:
    try:
        return own_metric(path)
    except UserError as error:
        raise PydanticCustomError(
            "metric", "{problem}; {remedy}", {"problem": error.problem, "remedy": error.remedy}
        ) from error
