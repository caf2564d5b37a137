"""Records of benchmarks as text and tables, for the terminal and Markdown, and as JSON; both are written to files."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ablation.bench.ladder import LadderRecord
from ablation.bench.measurements import Line, Machine, counted
from ablation.bench.overhead import OverheadRecord, SizeRecord
from ablation.bench.scripts import Scripts
from ablation.bench.trainer import Finisher, TrainerRecord
from ablation.errors import UserError
from ablation.reporting.tables.cells import Cell, CellGrid, Sheet
from ablation.reporting.tables.markdown import markdown_sheet

_NETWORK_NOTE = (
    "Networks: ours leaves out the taps of kernels that only see padding (ablation.core.model.cropped_conv), "
    "which rounds otherwise and is the same sum; the others train torch's plain model."
)
_ENVIRONMENT_NOTE = (
    "All contestants run in the same environment: bounded threads, and glibc set to keep its memory (MALLOC_MMAP_"
    "THRESHOLD_, MALLOC_TRIM_THRESHOLD_, MALLOC_TOP_PAD_; mallopt(3))."
)

BenchRecord = TrainerRecord | LadderRecord | OverheadRecord


def write(record: BenchRecord, kind: str, folder: Path) -> tuple[Path, Path]:
    """Write ``KIND-DATE.md`` and ``.json`` into a folder, which is created if needed; returns both paths.

    Args:
        kind: ``trainer``, ``ladder`` or ``overhead``.

    Raises:
        UserError: the folder cannot be written to.
    """
    stamp = record.machine.date[:19].replace(":", "").replace("T", "-")
    markdown, numbers = (folder / f"{kind}-{stamp}{suffix}" for suffix in (".md", ".json"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        markdown.write_text(markdown_text(record), encoding="utf-8")
        numbers.write_text(json_text(record), encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot be written: {error}", place=str(folder), remedy="name another folder") from error
    return markdown, numbers


def json_text(record: BenchRecord) -> str:
    """Every number, under the names of the record's fields."""
    return json.dumps(dataclasses.asdict(record), indent=1) + "\n"


def markdown_text(record: BenchRecord) -> str:
    """The tables as Markdown, for a README."""
    return markdown_sheet(record_sheet(record))


def record_sheet(record: BenchRecord) -> Sheet:
    """A record as text and tables."""
    if isinstance(record, TrainerRecord):
        return _trainer_sheet(record)
    return _ladder_sheet(record) if isinstance(record, LadderRecord) else _overhead_sheet(record)


def _trainer_sheet(record: TrainerRecord) -> Sheet:
    ours, threads = record.finishers[0], counted(record.threads, "thread")
    rows = [_finisher_row(finisher, record.fastest) for finisher in record.finishers]
    rows += [dict.fromkeys(rows[0], "-") | {"trainer": absent.name} for absent in record.absent]
    loop = f", and {record.loop:.3f} of the plain loop's on our network" if record.loop else ""
    return Sheet(
        headline=(
            f"{record.experiment}, {record.row}: our training takes {ours.ratio:.3f} of the time of "
            f"{record.fastest}, the fastest peer{loop}",
            f"Trained: {record.recipe}, {ours.images} images, {threads}, no augmentation",
        ),
        grids=(_grid("A single training", rows),),
        notes=(
            *(f"{absent.name}: {absent.reason}" for absent in record.absent),
            "One round: it says nothing of the noise; a claim takes three or more."
            if record.runs == 1
            else f"Medians of {record.runs} rounds [least, most]; ratios round by round, contestants in turn.",
            "training: from the first step to the end of the last evaluation; process: from its start to its end.",
            "Same weights at the start, same order of images, same optimizer and schedule.",
            f"{_NETWORK_NOTE} cropped is the plain loop on our network: against it, only the loop differs.",
            _ENVIRONMENT_NOTE,
            *_machine_notes(record.machine),
        ),
    )


def _finisher_row(finisher: Finisher, fastest: str) -> dict[str, str]:
    return {
        "trainer": finisher.name,
        "training, s": f"{finisher.training:.2f}",
        f"/ {fastest}": f"{finisher.ratio:.3f}",
        "images/s": f"{finisher.images_per_second:.0f}",
        "process, s": f"{finisher.process:.2f}",
        "/ its process": f"{finisher.process_ratio:.3f}",
        "val acc, %": f"{100 * finisher.val_accuracy.median:.1f}",
    }


def _ladder_sheet(record: LadderRecord) -> Sheet:
    ways, runs = record.ways, counted(record.command.n, "run")
    scripts = [_way_row(way) for way in ways]
    command = dict(zip(scripts[0], ("ablation run", f"{record.command:.2f}", "1", "1", "-"), strict=True))
    by_row = [{"row": name} | {way.way: f"{way.by_row[name]:.2f}" for way in ways} for name in ways[0].by_row]
    return Sheet(
        headline=tuple(
            f"{record.experiment}: {way.way}, take {way.ratio:.2f} times as long as ablation run "
            f"(n: {runs} of it, {counted(way.measured, 'script')} measured)"
            for way in ways
        ),
        grids=(
            _grid("A whole ladder", [command, *scripts]),
            _grid("A script of each row, s", by_row),
        ),
        notes=(
            f"{record.rows} rows of {record.recipes} recipes x {record.replicates} replicates: {record.scripts} "
            f"scripts, or {record.trainings} trainings of ablation run, which runs {record.slots} at once.",
            f"ESTIMATED: all {record.scripts} scripts count at the median of their recipe; so many were run: "
            + "; ".join(f"{way.way}: {way.measured}" for way in ways),
            *(
                f"{way.way}: the best number of threads; a first script took "
                + ", ".join(f"{spent:.2f} s with {counted(count, 'thread')}" for count, spent in way.tried.items())
                for way in ways
                if way.tried
            ),
            "The last ratio gives equal recipes one script, as ablation run shares them.",
            "ablation run: median [least, most] of a process in a fresh store, tracked, from its start to its table. "
            "A script trains, evaluates after each epoch and predicts the test images; data are decoded before. "
            "It imports torch, torchvision and this package's recipe, some tenths of a second more than a script of "
            "one's own.",
            f"{_NETWORK_NOTE} Here, ours is that of ablation run and of our trainer.",
            _ENVIRONMENT_NOTE,
            *_machine_notes(record.machine),
        ),
    )


def _way_row(way: Scripts) -> dict[str, str]:
    return {
        "how": way.way,
        "s": f"{way.seconds:.1f}",
        "/ ablation run": f"{way.ratio:.2f}",
        "/ it, a script a recipe": f"{way.ratio_of_recipes:.2f}",
        "test acc, %": f"{100 * way.test_accuracy:.1f}",
    }


def _overhead_sheet(record: OverheadRecord) -> Sheet:
    lines = [
        _line_row("tracked", record.tracked, record.b_over_bare, record),
        _line_row("not tracked", record.untracked, record.untracked_b_over_bare, record),
    ]
    return Sheet(
        headline=(
            f"{record.experiment}: wall = {record.tracked.a:.1f} s + {record.tracked.b:.2f} s x trainings; b is "
            f"{record.b_over_bare:.3f} of bare work, {record.untracked_b_over_bare:.3f} without tracking",
            f"Tracking takes {record.tracking:.1f} % of the wall time, a report {record.report:.1f} %; with it, the "
            f"work itself takes {record.slower:+.1f} % longer",
        ),
        grids=(
            _grid("wall = a + b x trainings", lines),
            _grid("Measured, in seconds", [_size_row(size) for size in record.sizes]),
        ),
        notes=(
            *_doubts(record),
            f"{counted(record.slots, 'training')} at once; bare work, {record.bare:.2f} s a training divided by the "
            "slots, is the time of setting up, training and the evaluation after each epoch, and of the network's "
            f"passes over the images to predict ({record.predicting:.2f} s); unless said otherwise, in the runs "
            "without tracking.",
            f"Medians of {counted(record.runs, 'run')} of each size, tracked and not; the order alternates.",
            "Each run is a process in a fresh store, from its start to its table; the report is a process of its own.",
            *_machine_notes(record.machine),
        ),
    )


def _line_row(run: str, line: Line, b_over_bare: float, record: OverheadRecord) -> dict[str, str]:
    return {
        "run": run,
        "a, s": f"{line.a:.1f}",
        "b, s": f"{line.b:.2f}",
        "largest residual, s": f"{line.residual:.1f}",
        "b / bare work": f"{b_over_bare:.3f}",
        "b / bare training": f"{record.over_training(b_over_bare):.3f}",
    }


def _size_row(size: SizeRecord) -> dict[str, str]:
    return {
        "replicates": str(size.replicates),
        "trainings": str(size.trainings),
        "tracked": f"{size.tracked:.2f}",
        "not tracked": f"{size.untracked:.2f}",
        "tracking": f"{size.tracking:.1f} %",
        "bare work": f"{size.bare:.1f}",
        "bare work, tracked": f"{size.tracked_bare:.1f}",
        "of which predicting": f"{size.predicting:.1f}",
        "report": f"{size.report:.1f}",
    }


def _doubts(record: OverheadRecord) -> Iterable[str]:
    if len(record.sizes) == 2:
        yield "Two sizes make a line whatever the noise: three or more show how well it fits."
    if min(record.tracked.a, record.untracked.a) < 0:
        yield "A start-up below 0 s is noise: measure larger sizes, several times, on a quiet machine."


def _machine_notes(machine: Machine) -> tuple[str, ...]:
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return (
        f"Machine: {machine.processor}, {machine.cores} cores, {machine.memory:g} GiB",
        f"Versions: {versions}",
        f"Date: {machine.date}",
        f"Command: {machine.command}",
    )


def _grid(title: str, rows: Sequence[Mapping[str, str]]) -> CellGrid:
    """A table of rows by column, whose first column holds names."""
    header = tuple(rows[0])
    return CellGrid(title, header, tuple(tuple(map(Cell, row.values())) for row in rows), frozenset(header[:1]))
