"""The three benchmarks of an experiment file; each function returns its record."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ablation.bench.ladder import LadderRecord, compare_ladder
from ablation.bench.overhead import OverheadRecord, measure_overhead
from ablation.bench.runs import Command
from ablation.bench.trainer import Notify, TrainerRecord, compare_trainers
from ablation.bench.trainers import PLAIN, peers_of
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.workflow.options import Options
from ablation.workflow.planning import plan_of
from ablation.workflow.workers import job_count

DEFAULT = Path(__file__).parent / "experiments" / "bench.yaml"
"""The experiment that is measured unless another file is named."""


def bench_trainer(
    file: Path,
    row: str,
    overrides: Sequence[str],
    device: str,
    runs: int,
    threads: int | None,
    epochs: int | None,
    peers: Sequence[str],
    notify: Notify,
) -> TrainerRecord:
    """Time a row of an experiment, first replicate: our core, the plain loop on our network, and the peers.

    Args:
        row: ``baseline``, or a rung's name.
        runs: rounds, >= 1.
        threads, epochs: override the recipe's; None to keep it.
        peers: names; empty for all.
        notify: is called with each measurement.

    Raises:
        UserError: the row cannot be trained by every contestant, or a peer is unknown or not installed.
    """
    settings = {"train.threads": threads, "train.epochs": epochs}
    changes = [*overrides, *(f"{name}={value}" for name, value in settings.items() if value is not None)]
    contestants = peers_of(peers)
    with _fresh(device) as options:
        planned = plan_of(file, changes, 1, options, untuned=True)
        (variant,) = planned.chosen([row], "--rung")
        return compare_trainers(planned, variant, options.store, contestants, runs, notify)


def bench_ladder(
    file: Path,
    overrides: Sequence[str],
    device: str,
    replicates: int | None,
    sample: int,
    runs: int,
    peer: str | None,
    notify: Notify,
) -> LadderRecord:
    """Time a whole ladder by ``ablation run``, and as independent scripts.

    Args:
        replicates: override the file's; None to keep it.
        sample: scripts of each recipe that are run, >= 1.
        runs: repetitions of ``ablation run``, >= 1.
        peer: trains the scripts; None for the plain loop.

    Raises:
        UserError: the row cannot be trained by every contestant, or a peer is unknown or not installed.
    """
    (contestant,) = peers_of([peer or PLAIN.name])
    with _fresh(device) as options:
        planned = plan_of(file, overrides, replicates, options, untuned=True)
        command = Command(file, tuple(overrides), device)
        slots = job_count(planned.stages, options)
        return compare_ladder(planned, options.store, command, slots, contestant, sample, runs, notify)


def bench_overhead(
    file: Path,
    overrides: Sequence[str],
    device: str,
    jobs: int | None,
    replicates: Sequence[int],
    runs: int,
    notify: Notify,
) -> OverheadRecord:
    """Measure how wall time depends on the number of trainings.

    Args:
        jobs: trainings at once; None for the command's own choice.
        replicates: sizes to run, at least two, each >= 1.
        runs: repetitions of each size, >= 1.

    Raises:
        UserError: fewer than two sizes, or a run failed.
    """
    with _fresh(device, jobs) as options:
        planned = plan_of(file, overrides, 1, options, untuned=True)
        slots, device_used = job_count(planned.stages, options), _device(planned)
    command = Command(file, tuple(overrides), device, jobs)
    return measure_overhead(planned.name, command, slots, device_used, replicates, runs, notify)


def sizes_of(text: str) -> tuple[int, ...]:
    """The numbers in a text such as ``1,2,4``.

    Raises:
        UserError: it is not a list of numbers >= 1.
    """
    try:
        sizes = tuple(int(each) for each in text.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise UserError(f"{text!r} is no list of replicates", place="--replicates", remedy="such as 1,2,4,8")
    return sizes


def _device(planned: Plan) -> str:
    return next(str(stage.task["device"]) for stage in planned.stages.values() if stage.kind == "train")


@contextmanager
def _fresh(device: str, jobs: int | None = None) -> Iterator[Options]:
    """Options with a temporary store."""
    with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
        yield Options(Path(folder), device, jobs, track=False)
