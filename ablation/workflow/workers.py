"""Worker processes for a command: how many, with how many threads, in which slots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablation.core.profiling.processors import processors
from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike, Source, source_of
from ablation.experiment.store.plan_store import load_stored_plan
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from ablation.experiment.execution.fork_server import ForkServer
    from ablation.experiment.execution.process import StartProcess
    from ablation.experiment.execution.slots import Slots
    from ablation.experiment.execution.worker_pool import WorkerPool
    from ablation.stage import Stage

CORE = "ablation.core.execute"
IMPORTS = ("ablation.experiment.planning.planner", CORE)
"""Modules that every process of a command imports."""


def job_count(stages: Mapping[str, Stage], options: Options) -> int:
    """How many of these stages are computed at once.

    Raises:
        UserError: the options ask for fewer than one.
    """
    device, threads = device_and_threads(stages)
    if options.jobs is None:
        return 1 if device.startswith("cuda") else max(1, processors() // threads)
    if options.jobs < 1:
        raise UserError(f"{options.jobs} is not a number of jobs", place="--jobs", remedy="give 1 or more")
    return options.jobs


def device_and_threads(stages: Mapping[str, Stage]) -> tuple[str, int]:
    """The device of stages, and the most threads that one of their trainings takes."""
    tasks = [stage.task for stage in stages.values() if stage.kind == "train"]
    return tasks[0]["device"], max(task["recipe"]["train"]["threads"] for task in tasks)


def machine_slots(stages: Mapping[str, Stage], options: Options) -> Slots:
    """The slots of this machine in which these stages are computed."""
    from ablation.experiment.execution.slots import Slots, machine_folder

    device, _ = device_and_threads(stages)
    return Slots(machine_folder(), device.replace(":", "-"), job_count(stages, options))


def pool(stages: Mapping[str, Stage], folder: Path, options: Options, start: StartProcess) -> WorkerPool:
    """Workers for these stages, which ``start`` starts when they are needed; ``folder`` is the experiment's."""
    from ablation.experiment.execution.messages import Setup
    from ablation.experiment.execution.worker_pool import WorkerPool

    device, threads = device_and_threads(stages)
    slots = machine_slots(stages, options)
    setup = Setup(
        store=options.store.root.absolute(),
        core=CORE,
        import_from=folder,
        slots=slots,
        pin=device == "cpu" and threads == 1,
        checkpoint_seconds=options.checkpoint_seconds,
        helpers=0 if device == "cpu" else max(0, processors() // slots.count - 1),
    )
    return WorkerPool(setup, slots.count, start)


def worker_start(threads: int, early: ForkServer | None = None) -> AbstractContextManager[StartProcess]:
    """A function that starts processes of ``threads`` within the block; by ``early`` if that has as many."""
    from ablation.experiment.execution import fork_server
    from ablation.experiment.execution.worker_pool import worker_environment

    fits = early is not None and early.environment["OMP_NUM_THREADS"] == str(threads)
    return fork_server.process_starter(IMPORTS, worker_environment(threads), early if fits else None)


@contextmanager
def started_early(
    source: ExperimentLike, overrides: Sequence[str], replicates: int | None, options: Options, purpose: str = "ladder"
) -> Iterator[ForkServer | None]:
    """A server that imports at once what planning and training need; it ends with the block, also after an error.

    None where the experiment's last plan is done, and where a GPU is probed for the number of workers. The number of
    threads is a guess; ``worker_start`` takes another server if it is wrong.

    Raises:
        UserError: the file cannot be read.
    """
    from ablation.experiment.execution.fork_server import ForkServer, can_fork
    from ablation.experiment.execution.worker_pool import worker_environment

    source = source_of(source)
    on_cpu = options.device == "cpu" or (options.device == "auto" and not Path("/dev/nvidia0").exists())
    is_probed = options.jobs is None and not on_cpu
    if is_probed or not can_fork() or _seems_done(source, overrides, replicates, options, purpose):
        yield None
        return
    with closing(ForkServer(IMPORTS, worker_environment(_likely_threads(source.content, overrides)))) as early:
        early.warm()
        yield early


def _seems_done(
    source: Source, overrides: Sequence[str], replicates: int | None, options: Options, purpose: str
) -> bool:
    """Whether the last plan of this experiment, if it is the same as the next one, has all its stages in the store."""
    try:
        last = load_stored_plan(source, options.store, purpose)
    except UserError:
        return False
    same = last.overrides == (*source.applied, *overrides) and replicates in (None, last.replicates)
    return same and all(map(options.store.has, last.stages))


def _likely_threads(raw: Mapping[str, Any], overrides: Sequence[str]) -> int:
    """The most threads that an experiment and its overrides ask for."""
    values = (value for path, _, value in (text.partition("=") for text in overrides) if path.endswith("train.threads"))
    return max([1, *_threads_in(raw), *(int(value) for value in values if value.isdecimal())])


def _threads_in(node: Any) -> Iterator[int]:
    """Every whole number under a key ``threads``, however deep."""
    entries = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        if key == "threads" and isinstance(value, int):
            yield value
        yield from _threads_in(value)
