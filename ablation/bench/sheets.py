"""Records of benchmarks as sheets, from which the terminal's table and the Markdown are made alike."""

from __future__ import annotations

from collections.abc import Iterable

from ablation.bench.figures import Line, Spread
from ablation.bench.ladder import LadderRecord
from ablation.bench.machine import Machine
from ablation.bench.overhead import OverheadRecord
from ablation.bench.trainer import TrainerRecord
from ablation.report.tables.cells import Cell, Grid
from ablation.report.tables.sheet import Sheet

Record = TrainerRecord | LadderRecord | OverheadRecord


def sheet_of(record: Record) -> Sheet:
    """What a record says, in words and tables."""
    if isinstance(record, TrainerRecord):
        return trainer_sheet(record)
    if isinstance(record, LadderRecord):
        return ladder_sheet(record)
    return overhead_sheet(record)


def trainer_sheet(record: TrainerRecord) -> Sheet:
    """A single training, compared."""
    ours = record.finishers[0]
    header = ("trainer", "training, s", f"/ {record.fastest}", "images/s", "process, s", "/ its process", "val acc, %")
    rows = [
        (
            each.name,
            seconds(each.training),
            ratio(each.ratio),
            f"{each.images_per_second:.0f}",
            seconds(each.process),
            ratio(each.process_ratio),
            f"{100 * each.val_accuracy.median:.1f}",
        )
        for each in record.finishers
    ]
    absent = [(each.name, *("-",) * (len(header) - 1)) for each in record.absent]
    return Sheet(
        headline=(
            f"{record.experiment}, {record.row}: our training takes {ratio(ours.ratio)} of the time of "
            f"{record.fastest}, the fastest peer",
            f"Trained: {record.recipe}, {ours.images} images, {threads(record.threads)}, no augmentation",
        ),
        grids=(grid("A single training", header, (*rows, *absent)),),
        notes=(
            *(f"{each.name}: {each.reason}" for each in record.absent),
            f"Medians of {record.runs} rounds [least, most]; ratios round by round, contestants in turn.",
            "training: from the first step to the end of the last evaluation; process: from its start to its end.",
            "Same weights at the start, same order of images, same optimizer and schedule; ours runs with the "
            "allocator settings of a worker, the others as a user starts them.",
            *machine_notes(record.machine),
        ),
    )


def ladder_sheet(record: LadderRecord) -> Sheet:
    """A ladder, compared."""
    header = ("how", "s", "/ ablation run", "/ it, a script a recipe", "test acc, %")
    ours = ("ablation run", seconds(record.command), "1", "1", "-")
    rows = [
        (
            way.way,
            f"{way.seconds:.1f}",
            f"{way.ratio:.2f}",
            f"{way.ratio_of_recipes:.2f}",
            f"{100 * way.test_accuracy:.1f}",
        )
        for way in record.ways
    ]
    by_row = [
        (name, *(seconds(way.by_row[name]) for way in record.ways)) for name in (record.ways[0].by_row if rows else ())
    ]
    ran = record.measured * record.recipes
    return Sheet(
        headline=tuple(f"{record.experiment}: {way.way} take {way.ratio:.2f} times as long" for way in record.ways),
        grids=(
            grid("A whole ladder", header, (ours, *rows)),
            grid("A script of each row, s", ("row", *(way.way for way in record.ways)), by_row),
        ),
        notes=(
            f"{record.rows} rows of {record.recipes} recipes x {record.replicates} replicates: {record.scripts} "
            f"scripts, or {record.trainings} trainings of ablation run.",
            f"ESTIMATED: of the {record.scripts} scripts {ran} were run, {record.measured} of each recipe; every "
            "other counts at the median of its recipe.",
            "The last ratio gives equal recipes one script, as ablation run shares them.",
            "ablation run: median [least, most] of a process in a fresh store, tracked, from its start to its table. "
            "A script trains, evaluates after each epoch and predicts the test images; data are decoded before.",
            *machine_notes(record.machine),
        ),
    )


def overhead_sheet(record: OverheadRecord) -> Sheet:
    """The line through several sizes."""
    sizes = [
        (
            str(size.replicates),
            str(size.trainings),
            f"{size.tracked:.1f}",
            f"{size.untracked:.1f}",
            f"{size.bare:.1f}",
            f"{size.report:.1f}",
        )
        for size in record.sizes
    ]
    lines = (
        ("tracked", *line(record.tracked), f"{record.b_over_bare:.3f}"),
        ("not tracked", *line(record.untracked), f"{record.untracked_b_over_bare:.3f}"),
    )
    return Sheet(
        headline=(
            f"{record.experiment}: wall = {record.tracked.a:.1f} s + {record.tracked.b:.2f} s x trainings; b is "
            f"{record.b_over_bare:.3f} of bare training",
            f"Tracking takes {record.tracking:.1f} % of the wall time, a report {record.report:.1f} %",
        ),
        grids=(
            grid("wall = a + b x trainings", ("run", "a, s", "b, s", "largest residual, s", "b / bare"), lines),
            grid(
                "Measured, s", ("replicates", "trainings", "tracked", "not tracked", "bare training", "report"), sizes
            ),
        ),
        notes=(
            f"{record.lanes} trainings at once; bare training, {record.bare:.2f} s each, is what the trainings' own "
            "clocks say, with the evaluation after each epoch, over the lanes.",
            "Each run is a process in a fresh store, from its start to its table; the report is a process of its own.",
            *machine_notes(record.machine),
        ),
    )


def machine_notes(machine: Machine) -> tuple[str, ...]:
    """Where, when and with what."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return (
        f"Machine: {machine.processor}, {machine.cores} cores, {machine.memory:g} GiB",
        f"Versions: {versions}",
        f"Date: {machine.date}",
        f"Command: {machine.command}",
    )


def seconds(found: Spread) -> str:
    """``10.21 [10.02, 10.44]``; one value has no range."""
    return _ranged(found, 2)


def ratio(found: Spread) -> str:
    """``0.953 [0.941, 0.960]``."""
    return _ranged(found, 3)


def threads(count: int) -> str:
    """``1 thread``, ``2 threads``."""
    return f"{count} thread{'s' * (count > 1)}"


def line(found: Line) -> tuple[str, str, str]:
    """Cells of a line: a, b, residual."""
    return f"{found.a:.2f}", f"{found.b:.3f}", f"{found.residual:.2f}"


def grid(title: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Grid:
    """A block whose first column holds names."""
    cells = tuple(tuple(Cell(text) for text in row) for row in rows)
    return Grid(title, header, cells, frozenset(header[:1]))


def _ranged(found: Spread, places: int) -> str:
    middle = f"{found.median:.{places}f}"
    return middle if found.n == 1 else f"{middle} [{found.low:.{places}f}, {found.high:.{places}f}]"
