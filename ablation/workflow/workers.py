"""Worker processes for a command: how many, with how many threads, on which lanes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ablation.errors import UserError
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
        return 1 if device.startswith("cuda") else max(1, _processors() // threads)
    if options.jobs < 1:
        raise UserError(f"{options.jobs} is not a number of jobs", place="--jobs", remedy="give 1 or more")
    return options.jobs


def pool(device: str, threads: int, file: Path, options: Options) -> Pool:
    """Workers that are started when they are needed.

    Args:
        file: of the experiment; the user's own components are imported from its folder.
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
    )
    return Pool(setup, jobs, threads)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
