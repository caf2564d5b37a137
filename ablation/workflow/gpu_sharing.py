"""How many runs train side by side on one GPU, unless the user says: as many as a short probe finds fastest."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ablation.core.profiling.gpu_sharing_messages import Request
from ablation.core.profiling.processors import processors
from ablation.experiment.execution.gpu_sharing import SharedRuns, SharingDecision, SharingProbe, decide_sharing
from ablation.experiment.execution.slots import Slots, machine_folder
from ablation.experiment.execution.worker_pool import worker_environment
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Plan
from ablation.stage import Stage
from ablation.workflow.options import Options

MOST = 16
"""Runs side by side that are tried at most."""

_MPS = Path(os.environ.get("CUDA_MPS_PIPE_DIRECTORY", "/tmp/nvidia-mps"))
"""There while NVIDIA's Multi-Process Service runs."""

Measure = Callable[[int], SharedRuns]
Probe = Callable[[Request, Mapping[str, str]], Measure]


def with_gpu_jobs(
    planned: Plan,
    stages: Mapping[str, Stage],
    folder: Path,
    options: Options,
    say: Callable[[str], None],
    probe: Probe = SharingProbe,
) -> Options:
    """The options with a number of jobs, if a GPU has several trainings to do and the user gave no number.

    The number for a kind of training on a machine is kept in the store.

    Args:
        folder: of the experiment; the user's own components are imported from it.
        say: prints the number and its reason.
        probe: makes what measures runs side by side.
    """
    missing = [stage for stage in stages.values() if stage.kind == "train" and not options.store.has(stage.address)]
    if options.jobs is not None or len(missing) < 2 or not missing[0].task["device"].startswith("cuda"):
        return options
    stage = missing[-1]  # stands for all: of a ladder it is the one with the most rungs
    file = _decision_file(stage, planned, options)
    if file.exists():
        decision = json.loads(file.read_text())
    else:
        probed = _probed(stage, folder, options, probe)
        decision = {"jobs": probed.count, "reason": probed.reason}
        if probed.measured:  # else a single run could not be measured, which may succeed another time
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(decision))
    say(f"{decision['jobs']} at once on this GPU: {decision['reason']}")
    return dataclasses.replace(options, jobs=decision["jobs"])


def _decision_file(stage: Stage, planned: Plan, options: Options) -> Path:
    """Named by all that decides speed and memory: recipe, data, machine, and whether kernels may overlap."""
    machine = {name: planned.environment[name] for name in ("processor", "cores", "torch")}
    trained = {name: stage.task[name] for name in ("recipe", "fingerprints", "device")}
    return options.store.root / "company" / f"{address({**trained, **machine, 'mps': _MPS.exists()})}.json"


def _probed(stage: Stage, folder: Path, options: Options, probe: Probe) -> SharingDecision:
    request = Request(stage.task, options.store.datasets, folder)
    threads = stage.task["recipe"]["train"]["threads"]
    kind = stage.task["device"].replace(":", "-")
    with Slots(machine_folder(), kind, MOST).all():
        return decide_sharing(probe(request, worker_environment(threads)), min(MOST, processors()))
