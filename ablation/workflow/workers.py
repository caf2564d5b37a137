"""Worker processes for a command: how many, with how many threads, on which lanes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablation.core.processors import processors
from ablation.errors import UserError
from ablation.experiment.remembered import recall
from ablation.experiment.yaml_text import parse_yaml
from ablation.workflow.options import Options

if TYPE_CHECKING:
    from ablation.experiment.pool import Pool

CORE = "ablation.core.execute"


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


def pool(device: str, threads: int, file: Path, options: Options, early: Pool | None = None) -> Pool:
    """Workers that are started when they are needed.

    Args:
        file: of the experiment; the user's own components are imported from its folder.
        early: workers that were started before it was known what they are for; taken if they fit, else ended.
    """
    from ablation.experiment.lanes import machine_folder
    from ablation.experiment.messages import Setup
    from ablation.experiment.pool import Pool

    jobs = lanes(device, threads, options)
    setup = Setup(
        store=options.root.absolute(),
        core=CORE,
        import_from=file.parent.absolute(),
        lane_folder=machine_folder(),
        lane_kind=device.replace(":", "-"),
        lanes=jobs,
        pin=device == "cpu" and threads == 1,
        checkpoint_seconds=options.checkpoint_seconds,
        helpers=0 if device == "cpu" else max(0, processors() // jobs - 1),
    )
    wanted = Pool(setup, jobs, threads)
    if early is None:
        return wanted
    if early.is_like(wanted):
        return early
    early.close()
    return wanted


@contextmanager
def started_early(
    file: Path, overrides: Sequence[str], replicates: int | None, options: Options, purpose: str = "ladder"
) -> Iterator[Pool | None]:
    """Workers that import what they need while this process plans; ended with the block, whatever happens in it.

    There are none where the file's last plan is done, nor where a GPU is probed for how many there should be. For which
    device and with how many threads is a guess; see ``pool``.

    Raises:
        UserError: the file cannot be read.
    """
    early, raw = None, parse_yaml(file)
    try:
        device = _likely_device(options)
        waits_for_a_probe = device != "cpu" and options.jobs is None
        if not waits_for_a_probe and not _seems_done(file, overrides, replicates, options, purpose):
            early = pool(device, _likely_threads(raw, overrides), file, options)
            early.warm(_likely_trainings(raw, replicates))
    except UserError:  # planning says so better
        pass
    try:
        yield early
    finally:
        if early is not None:
            early.close()


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


def _likely_trainings(raw: Mapping[str, Any], replicates: int | None) -> int:
    rungs, times = raw.get("rungs"), replicates or raw.get("replicates")
    return (1 + len(rungs)) * times if isinstance(rungs, list) and isinstance(times, int) else 1
