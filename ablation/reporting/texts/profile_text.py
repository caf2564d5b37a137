"""Where a training's time goes as people read it, and as a record for machines."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ablation.core.profiling.profile import Limit, Profile
from ablation.core.profiling.roofline import Roofline
from ablation.core.profiling.speed_options import TimedOption

_LIMITS: dict[Limit, str] = {
    "data": "the gathering of batches: more than half of a step goes to the batch loader",
    "augmentation": "the augmentation: more than half of a step goes to the batch loader",
    "overhead": "neither arithmetic nor memory: kernels that use the device badly, as small ones do, or their launch",
    "arithmetic": "the device's arithmetic",
    "memory": "the device's memory",
}

_NAMES = {"forward_backward": "forward and backward", "evaluation": "evaluation (an epoch's, by step)"}


def profile_text(name: str, device: str, profile: Profile, options: Sequence[TimedOption]) -> RenderableType:
    """The parts of a step of the row ``name``, the roofline, and what each option does."""
    return Group(
        Text(f"{name} on {device}: where the time of its training goes", style="bold"),
        _parts(profile),
        *map(Text, _lines(profile)),
        *(_options(options) if options else ()),
    )


def _table(name: str, *numbers: str) -> Table:
    columns = (Column(heading, justify="right", overflow="fold") for heading in numbers)
    return Table(Column(name, overflow="fold"), *columns, box=None, padding=(0, 2, 0, 0))


def _parts(profile: Profile) -> Table:
    table = _table("part", "ms a step", "share")
    for name, seconds in profile.parts.items():
        table.add_row(_NAMES.get(name, name), _milliseconds(seconds), f"{profile.shares[name]:.1%}")
    table.add_row("in all", _milliseconds(sum(profile.parts.values())), "")
    return table


def _milliseconds(seconds: float) -> str:
    """Three digits, and all of those before the point."""
    value = 1000 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _lines(profile: Profile) -> Iterator[str]:
    roofline = profile.roofline
    yield (
        f"{profile.images_per_second:,.0f} images/s without evaluation, in {profile.steps} steps of "
        f"{profile.images // profile.steps} images; {profile.setup_seconds:.2g} s once to set up, "
        f"{profile.epoch_steps} steps an epoch"
    )
    yield f"roofline, of peaks measured now: {_roofline(roofline)}"
    yield f"{roofline.share:.1%} of the roofline, which {roofline.bound} would bind; MFU {roofline.mfu:.1%}"
    if roofline.share > 1:
        yield "more than all of it: something held the device up while its peaks were measured; measure again"
    yield f"what limits: {_LIMITS[profile.limit]}"


def _roofline(roofline: Roofline) -> str:
    """The time of arithmetic and traffic; bytes that fit into a cache have its rate, not that of the memory."""
    work, peak = roofline.work, roofline.peak
    arithmetic = f"{_scaled(work.flops, 'FLOP')} a step take {1000 * roofline.flop_seconds:.3g} ms"
    traffic = f"{_scaled(work.bytes, 'B')} take {1000 * roofline.byte_seconds:.3g} ms"
    return f"{arithmetic} at {_scaled(peak.flops, 'FLOP/s')}; {traffic}, in memory at {_scaled(peak.bandwidth, 'B/s')}"


def _scaled(value: float, unit: str) -> str:
    """A number with its prefix: ``3.63 GFLOP``."""
    for power, prefix in ((12, "T"), (9, "G"), (6, "M")):
        if value >= 10**power:
            return f"{value / 10**power:.3g} {prefix}{unit}"
    return f"{value / 1000:.3g} k{unit}"


def _options(options: Sequence[TimedOption]) -> Iterator[RenderableType]:
    yield Text("\nwhat other settings would change", style="bold")
    table = _table("--set", "images/s", "rounds", "start-up", "pays")
    measured = [timed for timed in options if not timed.problem]
    for timed in measured:
        rounds, start_up = f"{min(timed.ratios):.2f}-{max(timed.ratios):.2f}", f"+{timed.extra_seconds:.1f} s"
        table.add_row(timed.option.override, f"{timed.ratio:.2f}x", rounds, start_up, _pays(timed))
    yield table
    for timed in options:
        if timed.problem:
            yield Text(f"{timed.option.override} failed: {timed.problem}", style="yellow")
    yield from map(Text, _remarks(measured))


def _pays(timed: TimedOption) -> str:
    if not timed.clear:
        return "unclear"
    return "never" if timed.break_even is None else f"from epoch {timed.break_even}"


def _remarks(measured: Sequence[TimedOption]) -> Iterator[str]:
    yield (
        "to take one, add  --set SETTING  or write it into the file's baseline. It makes another recipe: its numbers "
        "may differ in the last digits, its rows train anew, and the choice is yours"
    )
    if not all(timed.clear for timed in measured):
        yield "unclear: the rounds, each beside the row as it is, do not agree which of the two is faster"
    if any(timed.option.setting == "threads" for timed in measured):
        yield "threads speed up one training; a ladder runs fewer at once the more threads each of them takes"


def profile_record(name: str, device: str, profile: Profile, options: Sequence[TimedOption]) -> dict[str, Any]:
    """All figures: times in seconds, work in FLOPs and bytes, peaks in them per second, shares in 0..1.

    An option that failed has a ``problem`` and None for its numbers; ``break_even_epochs`` is None where it never pays.
    """
    shares = profile.shares
    return {
        "row": name,
        "device": device,
        "steps": profile.steps,
        "images": profile.images,
        "images_per_second": profile.images_per_second,
        "setup_seconds": profile.setup_seconds,
        "epoch_steps": profile.epoch_steps,
        "parts": {part: {"seconds": seconds, "share": shares[part]} for part, seconds in profile.parts.items()},
        "limit": profile.limit,
        "roofline": _roofline_record(profile.roofline),
        "levers": [_option_record(timed) for timed in options],
    }


def _roofline_record(roofline: Roofline) -> dict[str, Any]:
    return {
        "flops": roofline.work.flops,
        "bytes": roofline.work.bytes,
        "peak_flops": roofline.peak.flops,
        "peak_bandwidth": roofline.peak.bandwidth,
        "peak_bandwidths": {str(size): rate for size, rate in roofline.peak.bandwidths.items()},
        "flop_seconds": roofline.flop_seconds,
        "byte_seconds": roofline.byte_seconds,
        "step_seconds": roofline.seconds,
        "bound": roofline.bound,
        "share": roofline.share,
        "mfu": roofline.mfu,
    }


def _option_record(timed: TimedOption) -> dict[str, Any]:
    worked = not timed.problem
    return {
        "override": timed.option.override,
        "ratio": timed.ratio if worked else None,
        "ratios": list(timed.ratios),
        "clear": timed.clear,
        "extra_seconds": timed.extra_seconds if worked else None,
        "epoch_seconds": timed.epoch_seconds if worked else None,
        "break_even_epochs": timed.break_even,
        "problem": timed.problem or None,
    }
