"""When the table may make its claims, and what looks beyond those cost, in words."""

from collections.abc import Sequence

from ablation.analysis.verdict.looks import Looks, UnplannedLooks


def looks_lines(looks: Looks) -> tuple[str, ...]:
    """A clause for several planned looks, and one for looks that were not planned; neither for a single planned one."""
    shared = (_shared(looks),) if len(looks.planned) > 1 else ()
    return (*shared, _unplanned(looks.unplanned, looks)) if looks.unplanned else shared


def _shared(looks: Looks) -> str:
    whole, each = _chance(looks.alpha_in_all), _chance(looks.alpha)
    return f"planned at {_listed(looks.planned)} replicates, which share alpha {whole}: {each} each"


def _unplanned(unplanned: UnplannedLooks, looks: Looks) -> str:
    """What the looks that were really taken come to."""
    whole = _chance(looks.alpha_in_all)
    planned = "one look" if len(looks.planned) == 1 else f"{len(looks.planned)} looks"
    against = f"within {whole}" if unplanned.rate <= looks.alpha_in_all else f"not {whole}"
    return (
        f"looked at {_listed(unplanned.taken)} replicates, planned was {planned} at {_listed(looks.planned)}: the "
        f"chance of a false gain is about {_chance(unplanned.rate)} a step, {against}"
    )


def _listed(numbers: Sequence[int]) -> str:
    *most, last = (str(each) for each in numbers)
    return f"{', '.join(most)} and {last}" if most else last


def _chance(value: float) -> str:
    """Two digits, without the 0 before the point."""
    return f"{value:.2g}".removeprefix("0")
