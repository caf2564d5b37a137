"""The settings that no study may search, and why."""

from collections.abc import Mapping

from ablation.errors import UserError
from ablation.experiment.config.search import BY_EPOCH, TuneSettings

_PIXELS = ("data.image_size", "data.mean", "data.std")
"""Settings of the data that do not change which images a trial trains on and is scored on."""

_RULE = "which epoch is kept is a rule of the experiment, the same for all rows"
_FITTED = "it is fitted to the very validation images that trials are scored on"
_WHOLE = "it holds settings that are rules of the experiment"

_REASONS: Mapping[str, tuple[str, str]] = {
    "train": (_WHOLE, "search its settings one by one, as in train.batch_size"),
    "train.keep": (_RULE, "set it in the baseline"),
    "train.keep_by": (_RULE, "set it in the baseline"),
    "inference": (_WHOLE, "search its settings one by one, as in inference.tta"),
    "inference.calibration": (_FITTED, "make it a rung"),
    "inference.threshold": (_FITTED, "make it a rung"),
    "inference.ensemble_with": ("it names rows of the ladder, and a trial stands alone", "make it a rung"),
}


def check_searchable(path: str, tune: TuneSettings, origin: str) -> None:
    """Refuse a setting that would raise scores without better training, or make trials incomparable.

    Raises:
        UserError: the setting cannot be searched; ``origin`` is the place of the space.
    """
    if refusal := _refusal(path, tune):
        reason, remedy = refusal
        raise UserError(f"cannot be searched: {reason}", place=f"{origin}.{path}", remedy=remedy)


def _refusal(path: str, tune: TuneSettings) -> tuple[str, str] | None:
    section = path.partition(".")[0]
    if section == "data" and path not in _PIXELS:
        return (
            "it decides which images trials learn from and are scored on, so their scores could not be compared",
            f"of data, search {', '.join(_PIXELS)} alone",
        )
    if section == "phases":
        return "a study searches what holds before the phases", "make another phase a rung"
    if path == "train.epochs" and tune.pruner in BY_EPOCH:
        return (
            f"{tune.pruner} compares trials epoch by epoch, which says little of trainings of other lengths",
            "pruner: none, or wilcoxon",
        )
    return _REASONS.get(path)
