"""Records of benchmarks as sheets, from which both the terminal's table and the Markdown are made."""

from collections.abc import Iterable

from ablation.bench.figures import Line, MedianRange
from ablation.bench.ladder import LadderRecord
from ablation.bench.machine import Machine
from ablation.bench.overhead import OverheadRecord, SizeRecord
from ablation.bench.trainer import TrainerRecord
from ablation.reporting.tables.cells import Cell, CellGrid, Sheet

_NETWORK_NOTE = (
    "Networks: ours leaves out the taps of kernels that only see padding (ablation.core.model.cropped_conv), "
    "which rounds otherwise and is the same sum; the others train torch's plain model."
)
_ENVIRONMENT_NOTE = (
    "All contestants run in the same environment: bounded threads, and glibc set to keep its memory (MALLOC_MMAP_"
    "THRESHOLD_, MALLOC_TRIM_THRESHOLD_, MALLOC_TOP_PAD_; mallopt(3))."
)

BenchRecord = TrainerRecord | LadderRecord | OverheadRecord


def record_sheet(record: BenchRecord) -> Sheet:
    """A record as text and tables."""
    if isinstance(record, TrainerRecord):
        return trainer_sheet(record)
    if isinstance(record, LadderRecord):
        return ladder_sheet(record)
    return overhead_sheet(record)


def trainer_sheet(record: TrainerRecord) -> Sheet:
    """The comparison of a single training."""
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
            f"{record.fastest}, the fastest peer"
            + (f", and {ratio(record.loop)} of the plain loop's on our network" if record.loop else ""),
            f"Trained: {record.recipe}, {ours.images} images, {threads(record.threads)}, no augmentation",
        ),
        grids=(grid("A single training", header, (*rows, *absent)),),
        notes=(
            *(f"{each.name}: {each.reason}" for each in record.absent),
            _rounds(record.runs),
            "training: from the first step to the end of the last evaluation; process: from its start to its end.",
            "Same weights at the start, same order of images, same optimizer and schedule.",
            f"{_NETWORK_NOTE} cropped is the plain loop on our network: against it, only the loop differs.",
            _ENVIRONMENT_NOTE,
            *machine_notes(record.machine),
        ),
    )


def ladder_sheet(record: LadderRecord) -> Sheet:
    """The comparison of a ladder."""
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
    return Sheet(
        headline=tuple(
            f"{record.experiment}: {way.way}, take {way.ratio:.2f} times as long as ablation run "
            f"(n: {counted(record.command.n, 'run')} of it, {counted(way.measured, 'script')} measured)"
            for way in record.ways
        ),
        grids=(
            grid("A whole ladder", header, (ours, *rows)),
            grid("A script of each row, s", ("row", *(way.way for way in record.ways)), by_row),
        ),
        notes=(
            f"{record.rows} rows of {record.recipes} recipes x {record.replicates} replicates: {record.scripts} "
            f"scripts, or {record.trainings} trainings of ablation run, which runs {record.slots} at once.",
            f"ESTIMATED: all {record.scripts} scripts count at the median of their recipe; so many were run: "
            + "; ".join(f"{way.way}: {way.measured}" for way in record.ways),
            *(
                f"{way.way}: the best number of threads; a first script took "
                + ", ".join(f"{spent:.2f} s with {threads(count)}" for count, spent in way.tried.items())
                for way in record.ways
                if way.tried
            ),
            "The last ratio gives equal recipes one script, as ablation run shares them.",
            "ablation run: median [least, most] of a process in a fresh store, tracked, from its start to its table. "
            "A script trains, evaluates after each epoch and predicts the test images; data are decoded before. "
            "It imports torch, torchvision and this package's recipe, some tenths of a second more than a script of "
            "one's own.",
            f"{_NETWORK_NOTE} Here, ours is that of ablation run and of our trainer.",
            _ENVIRONMENT_NOTE,
            *machine_notes(record.machine),
        ),
    )


def overhead_sheet(record: OverheadRecord) -> Sheet:
    """The overhead of a ladder."""
    lines = (
        ("tracked", *line(record.tracked), f"{record.b_over_bare:.3f}", f"{record.b_over_training:.3f}"),
        (
            "not tracked",
            *line(record.untracked),
            f"{record.untracked_b_over_bare:.3f}",
            f"{record.untracked_b_over_training:.3f}",
        ),
    )
    return Sheet(
        headline=(
            f"{record.experiment}: wall = {record.tracked.a:.1f} s + {record.tracked.b:.2f} s x trainings; b is "
            f"{record.b_over_bare:.3f} of bare work, {record.untracked_b_over_bare:.3f} without tracking",
            f"Tracking takes {record.tracking:.1f} % of the wall time, a report {record.report:.1f} %; with it, the "
            f"work itself takes {record.slower:+.1f} % longer",
        ),
        grids=(
            grid(
                "wall = a + b x trainings",
                ("run", "a, s", "b, s", "largest residual, s", "b / bare work", "b / bare training"),
                lines,
            ),
            grid("Measured, in seconds", _SIZE_COLUMNS, [_size_row(size) for size in record.sizes]),
        ),
        notes=(
            *_doubts(record),
            f"{counted(record.slots, 'training')} at once; bare work, {record.bare:.2f} s a training divided by the "
            "slots, is the time of setting up, training and the evaluation after each epoch, and of the network's "
            f"passes over the images to predict ({record.predicting:.2f} s); unless said otherwise, in the runs "
            "without tracking.",
            f"Medians of {counted(record.runs, 'run')} of each size, tracked and not; the order alternates.",
            "Each run is a process in a fresh store, from its start to its table; the report is a process of its own.",
            *machine_notes(record.machine),
        ),
    )


_SIZE_COLUMNS = (
    "replicates",
    "trainings",
    "tracked",
    "not tracked",
    "tracking",
    "bare work",
    "bare work, tracked",
    "of which predicting",
    "report",
)


def _size_row(size: SizeRecord) -> tuple[str, ...]:
    return (
        str(size.replicates),
        str(size.trainings),
        seconds(size.tracked),
        seconds(size.untracked),
        f"{size.tracking:.1f} %",
        f"{size.bare:.1f}",
        f"{size.tracked_bare:.1f}",
        f"{size.predicting:.1f}",
        f"{size.report:.1f}",
    )


def _rounds(runs: int) -> str:
    if runs == 1:
        return "One round: it says nothing of the noise; a claim takes three or more."
    return f"Medians of {runs} rounds [least, most]; ratios round by round, contestants in turn."


def _doubts(record: OverheadRecord) -> Iterable[str]:
    if len(record.sizes) == 2:
        yield "Two sizes make a line whatever the noise: three or more show how well it fits."
    if min(record.tracked.a, record.untracked.a) < 0:
        yield "A start-up below 0 s is noise: measure larger sizes, several times, on a quiet machine."


def machine_notes(machine: Machine) -> tuple[str, ...]:
    """Notes on the machine, versions, date and command."""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return (
        f"Machine: {machine.processor}, {machine.cores} cores, {machine.memory:g} GiB",
        f"Versions: {versions}",
        f"Date: {machine.date}",
        f"Command: {machine.command}",
    )


def seconds(measured: MedianRange) -> str:
    """``10.21 [10.02, 10.44]``; one value has no range."""
    return _ranged(measured, 2)


def ratio(measured: MedianRange) -> str:
    """``0.953 [0.941, 0.960]``."""
    return _ranged(measured, 3)


def threads(count: int) -> str:
    """``1 thread``, ``2 threads``."""
    return counted(count, "thread")


def counted(count: int, thing: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{count} {thing}{'s' * (count != 1)}"


def line(fit: Line) -> tuple[str, str, str]:
    """Cells of a line: a, b, residual."""
    return f"{fit.a:.1f}", f"{fit.b:.2f}", f"{fit.residual:.1f}"


def grid(title: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> CellGrid:
    """A table whose first column holds names."""
    cells = tuple(tuple(Cell(text) for text in row) for row in rows)
    return CellGrid(title, header, cells, frozenset(header[:1]))


def _ranged(measured: MedianRange, places: int) -> str:
    median = f"{measured.median:.{places}f}"
    return median if measured.n == 1 else f"{median} [{measured.low:.{places}f}, {measured.high:.{places}f}]"
