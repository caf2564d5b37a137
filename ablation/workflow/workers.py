"""Worker processes for a command: how many, with how many threads, on which lanes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablation.core.profiling.processors import processors
from ablation.errors import UserError
from ablation.experiment.config.yaml_text import parse_yaml
from ablation.experiment.store.plan_store import recall
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from ablation.experiment.execution.fork_server import ForkServer
    from ablation.experiment.execution.process import StartProcess
    from ablation.experiment.execution.slots import Slots
    from ablation.experiment.execution.worker_pool import WorkerPool

CORE = "ablation.core.execute"
IMPORTS = ("ablation.experiment.planning.planner", CORE)
"""What the processes of a command have in common."""


def lanes(device: str, threads: int, options: Options) -> int:
    """How many stages are computed at once.

    Args:
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        threads: that a training takes.

    Raises:
        UserError: the number that is asked for is none.
    """
    if options.jobs is None:
        return 1 if device.startswith("cuda") else max(1, processors() // threads)
    if options.jobs < 1:
        raise UserError(f"{options.jobs} is not a number of jobs", place="--jobs", remedy="give 1 or more")
    return options.jobs


def machine_lanes(device: str, threads: int, options: Options) -> Slots:
    """The lanes on which the stages of a command compute."""
    from ablation.experiment.execution.slots import Slots, machine_folder

    return Slots(machine_folder(), device.replace(":", "-"), lanes(device, threads, options))


def pool(device: str, threads: int, file: Path, options: Options, start: StartProcess) -> WorkerPool:
    """Workers that are started when they are needed.

    Args:
        file: of the experiment; the user's own components are imported from its folder.
        start: starts them; see ``starting``.
    """
    from ablation.experiment.execution.messages import Setup
    from ablation.experiment.execution.worker_pool import WorkerPool

    taken = machine_lanes(device, threads, options)
    setup = Setup(
        store=options.root.absolute(),
        core=CORE,
        import_from=file.parent.absolute(),
        slot_folder=taken.folder,
        slot_kind=taken.kind,
        slots=taken.count,
        pin=device == "cpu" and threads == 1,
        checkpoint_seconds=options.checkpoint_seconds,
        helpers=0 if device == "cpu" else max(0, processors() // taken.count - 1),
    )
    return WorkerPool(setup, taken.count, start)


def starting(threads: int, early: ForkServer | None = None) -> AbstractContextManager[StartProcess]:
    """What starts processes for as long as the block takes.

    Args:
        threads: that each may compute with.
        early: see ``started_early``; taken if it was started for as many threads.
    """
    from ablation.experiment.execution import fork_server
    from ablation.experiment.execution.worker_pool import threads_of, worker_environment

    fits = early is not None and threads_of(early.environment) == threads
    return fork_server.process_starter(IMPORTS, worker_environment(threads), early if fits else None)


@contextmanager
def started_early(
    file: Path, overrides: Sequence[str], replicates: int | None, options: Options, purpose: str = "ladder"
) -> Iterator[ForkServer | None]:
    """A server that imports what planning and working take, at once; ended with the block, whatever happens in it.

    There is none where the file's last plan is done, nor where a GPU is probed for how many workers there should be.
    With how many threads they will compute is a guess; see ``starting``.

    Raises:
        UserError: the file cannot be read.
    """
    from ablation.experiment.execution.fork_server import ForkServer, can_fork
    from ablation.experiment.execution.worker_pool import worker_environment

    raw = parse_yaml(file)
    waits_for_a_probe = options.jobs is None and _likely_device(options) != "cpu"
    if waits_for_a_probe or not can_fork() or _seems_done(file, overrides, replicates, options, purpose):
        yield None
        return
    with closing(ForkServer(IMPORTS, worker_environment(_likely_threads(raw, overrides)))) as early:
        early.warm()
        yield early


def _seems_done(file: Path, overrides: Sequence[str], replicates: int | None, options: Options, purpose: str) -> bool:
    """Whether the last plan of this file, if it is the one that is asked for, has all its stages in the store."""
    try:
        last = recall(file, options.store, purpose)
    except UserError:
        return False
    same = last.overrides == tuple(overrides) and replicates in (None, last.replicates)
    return same and all(map(options.store.has, last.stages))


def _likely_device(options: Options) -> str:
    """What ``auto`` comes to, without asking torch."""
    return options.device if options.device != "auto" else "cuda" if Path("/dev/nvidia0").exists() else "cpu"


def _likely_threads(raw: Mapping[str, Any], overrides: Sequence[str]) -> int:
    """The most threads that a file and what the command line changes in it ask for."""
    given = (value for path, _, value in (text.partition("=") for text in overrides) if path.endswith("train.threads"))
    return max([1, *_under("threads", raw), *(int(value) for value in given if value.isdecimal())])


def _under(key: str, node: Any) -> Iterator[int]:
    """Every whole number that stands under a key, however deep."""
    if isinstance(node, Mapping):
        if isinstance(node.get(key), int):
            yield node[key]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _under(key, each)
