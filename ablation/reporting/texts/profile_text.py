"""Where a training's time goes as people read it, and as a record for machines."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ablation.core.profiling.profile import Limit, Profile
from ablation.core.profiling.roofline import Roofline
from ablation.core.profiling.speed_options import TimedOption

_LIMITS: dict[Limit, str] = {
    "data": "the gathering of batches: more than half of a step goes to the feed",
    "augmentation": "the augmentation: more than half of a step goes to the feed",
    "overhead": "neither arithmetic nor memory: kernels that use the device badly, as small ones do, or their launch",
    "arithmetic": "the device's arithmetic",
    "memory": "the device's memory",
}

_NAMES = {"forward_backward": "forward and backward", "evaluation": "evaluation (an epoch's, by step)"}


def profile_text(name: str, device: str, found: Profile, tried: Sequence[TimedOption]) -> RenderableType:
    """The parts of a step, the roofline, and what each lever does.

    Args:
        name: of the row.
    """
    return Group(
        Text(f"{name} on {device}: where the time of its training goes", style="bold"),
        _parts(found),
        *map(Text, _lines(found)),
        *_levers(tried),
    )


def _table(*headings: str) -> Table:
    """A table whose columns after the first hold numbers."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 else "right", overflow="fold")
    return table


def _parts(found: Profile) -> Table:
    table = _table("part", "ms a step", "share")
    for name, seconds in found.parts.items():
        table.add_row(_NAMES.get(name, name), _milliseconds(seconds), f"{found.shares[name]:.1%}")
    table.add_row("in all", _milliseconds(sum(found.parts.values())), "")
    return table


def _milliseconds(seconds: float) -> str:
    """Three digits, and all of those before the point."""
    value = 1000 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _lines(found: Profile) -> Iterator[str]:
    line = found.roofline
    yield (
        f"{found.images_per_second:,.0f} images/s without evaluation, in {found.steps} steps "
        f"of {found.images // found.steps} images; "
        f"{found.setup_seconds:.2g} s once to set up, {found.epoch_steps} steps an epoch"
    )
    yield f"roofline, of peaks measured now: {_arithmetic(line)}; {_traffic(line)}"
    yield f"{line.share:.1%} of the roofline, which {line.bound} would bind; MFU {line.mfu:.1%}"
    if line.share > 1:
        yield "more than all of it: something held the device up while its peaks were measured; measure again"
    yield f"what limits: {_LIMITS[found.limit]}"


def _arithmetic(line: Roofline) -> str:
    rate = _scaled(line.peak.flops, "FLOP/s")
    return f"{_scaled(line.work.flops, 'FLOP')} a step take {1000 * line.flop_seconds:.3g} ms at {rate}"


def _traffic(line: Roofline) -> str:
    """What the bytes take: in caches where they fit, at the memory's rate elsewhere."""
    rate = _scaled(line.peak.bandwidth, "B/s")
    return f"{_scaled(line.work.bytes, 'B')} take {1000 * line.byte_seconds:.3g} ms, in memory at {rate}"


def _scaled(value: float, unit: str) -> str:
    """A number with its prefix: ``3.63 GFLOP``."""
    for power, prefix in ((12, "T"), (9, "G"), (6, "M")):
        if value >= 10**power:
            return f"{value / 10**power:.3g} {prefix}{unit}"
    return f"{value / 1000:.3g} k{unit}"


def _levers(tried: Sequence[TimedOption]) -> Iterator[RenderableType]:
    if not tried:
        return
    yield Text("\nwhat other settings would change", style="bold")
    table = _table("--set", "images/s", "rounds", "start-up", "pays")
    for each in tried:
        if not each.problem:
            table.add_row(*_lever(each))
    yield table
    yield from (
        Text(f"{each.option.override} failed: {each.problem}", style="yellow") for each in tried if each.problem
    )
    yield from map(Text, _remarks(tried))


def _lever(tried: TimedOption) -> tuple[str, ...]:
    return (
        tried.option.override,
        f"{tried.ratio:.2f}x",
        f"{min(tried.ratios):.2f}-{max(tried.ratios):.2f}",
        f"+{tried.extra_seconds:.1f} s",
        _pays(tried),
    )


def _pays(tried: TimedOption) -> str:
    if not tried.clear:
        return "unclear"
    return "never" if tried.break_even is None else f"from epoch {tried.break_even}"


def _remarks(tried: Sequence[TimedOption]) -> Iterator[str]:
    yield (
        "to take one, add  --set SETTING  or write it into the file's baseline. It makes another recipe: its numbers "
        "may differ in the last digits, its rows train anew, and the choice is yours"
    )
    measured = [each for each in tried if not each.problem]
    if not all(each.clear for each in measured):
        yield "unclear: the rounds, each beside the row as it is, do not agree which of the two is faster"
    if any(each.option.setting == "threads" for each in measured):
        yield "threads speed up one training; a ladder runs fewer at once the more threads each of them takes"


def profile_record(name: str, device: str, found: Profile, tried: Sequence[TimedOption]) -> dict[str, Any]:
    """All of it: times in seconds, work in FLOPs and bytes, peaks in them per second, shares in 0..1.

    A lever that failed has a ``problem`` and None for its numbers; ``break_even_epochs`` is None where it never pays.
    """
    shares = found.shares
    return {
        "row": name,
        "device": device,
        "steps": found.steps,
        "images": found.images,
        "images_per_second": found.images_per_second,
        "setup_seconds": found.setup_seconds,
        "epoch_steps": found.epoch_steps,
        "parts": {part: {"seconds": seconds, "share": shares[part]} for part, seconds in found.parts.items()},
        "limit": found.limit,
        "roofline": _roofline_record(found.roofline),
        "levers": [_lever_record(each) for each in tried],
    }


def _roofline_record(line: Roofline) -> dict[str, Any]:
    return {
        "flops": line.work.flops,
        "bytes": line.work.bytes,
        "peak_flops": line.peak.flops,
        "peak_bandwidth": line.peak.bandwidth,
        "peak_bandwidths": {str(size): rate for size, rate in line.peak.bandwidths.items()},
        "flop_seconds": line.flop_seconds,
        "byte_seconds": line.byte_seconds,
        "step_seconds": line.seconds,
        "bound": line.bound,
        "share": line.share,
        "mfu": line.mfu,
    }


def _lever_record(tried: TimedOption) -> dict[str, Any]:
    worked = not tried.problem
    return {
        "override": tried.option.override,
        "ratio": tried.ratio if worked else None,
        "ratios": list(tried.ratios),
        "clear": tried.clear,
        "extra_seconds": tried.extra_seconds if worked else None,
        "epoch_seconds": tried.epoch_seconds if worked else None,
        "break_even_epochs": tried.break_even,
        "problem": tried.problem or None,
    }
