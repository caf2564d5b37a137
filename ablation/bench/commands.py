"""The three benchmarks of an experiment file, each a function to its record."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ablation.bench.ladder import LadderRecord, compare_ladder
from ablation.bench.overhead import OverheadRecord, measure_overhead
from ablation.bench.runs import Command
from ablation.bench.trainer import Told, TrainerRecord, compare_trainers
from ablation.bench.trainers import PLAIN, peers_of
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.workflow.options import Options
from ablation.workflow.planning import job_count, plan_of

DEFAULT = Path(__file__).parent / "experiments" / "bench.yaml"
"""What is measured unless another file is given."""


def trainer(
    file: Path,
    row: str,
    overrides: Sequence[str],
    device: str,
    runs: int,
    threads: int | None,
    epochs: int | None,
    peers: Sequence[str],
    told: Told,
) -> TrainerRecord:
    """A row of an experiment under its first replicate: our core, the plain loop on our network, and the peers.

    Args:
        row: ``baseline``, or a rung's name.
        runs: rounds, >= 1.
        threads, epochs: instead of the recipe's.
        peers: names; none for all.

    Raises:
        UserError: what is asked for cannot be compared.
    """
    given = {"train.threads": threads, "train.epochs": epochs}
    changes = [*overrides, *(f"{name}={value}" for name, value in given.items() if value is not None)]
    contestants = peers_of(peers)
    with _fresh(device) as options:
        planned = plan_of(file, changes, 1, options, untuned=True)
        (variant,) = planned.chosen([row], "--rung")
        return compare_trainers(planned, variant, options.store, contestants, runs, told)


def ladder(
    file: Path,
    overrides: Sequence[str],
    device: str,
    replicates: int | None,
    sample: int,
    runs: int,
    peer: str | None,
    told: Told,
) -> LadderRecord:
    """A whole ladder by ``ablation run``, and as scripts.

    Args:
        replicates: instead of the file's.
        sample: scripts of each recipe that are really run, >= 1.
        runs: of ``ablation run``, >= 1.
        peer: whose scripts; None for the plain loop's.

    Raises:
        UserError: what is asked for cannot be compared.
    """
    (contestant,) = peers_of([peer or PLAIN.name])
    with _fresh(device) as options:
        planned = plan_of(file, overrides, replicates, options, untuned=True)
        command = Command(file, tuple(overrides), device)
        lanes = job_count(planned, options)
        return compare_ladder(planned, options.store, command, lanes, contestant, sample, runs, told)


def overhead(
    file: Path,
    overrides: Sequence[str],
    device: str,
    jobs: int | None,
    replicates: Sequence[int],
    runs: int,
    told: Told,
) -> OverheadRecord:
    """Wall time over the number of trainings.

    Args:
        jobs: trainings at once; None for the command's own choice.
        replicates: sizes to run, two at least, each >= 1.
        runs: of each size, >= 1.

    Raises:
        UserError: what is asked for cannot be measured.
    """
    with _fresh(device, jobs) as options:
        planned = plan_of(file, overrides, 1, options, untuned=True)
        lanes, on = job_count(planned, options), _device(planned)
    command = Command(file, tuple(overrides), device, jobs)
    return measure_overhead(planned.name, command, lanes, on, replicates, runs, told)


def sizes_of(text: str) -> tuple[int, ...]:
    """``1,2,4`` as numbers.

    Raises:
        UserError: they are no such list.
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
    """A store that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ablation-bench-") as folder:
        yield Options(Path(folder), device, jobs, track=False)
