"""A core that does nothing but write down how its process may compute."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ablation.stage import OUTCOME, Progress, StageKind, Workspace


def execute(kind: StageKind, task: Mapping[str, Any], workspace: Workspace, progress: Progress) -> None:
    import cv2
    import numpy  # noqa: F401 - its BLAS is among those that are asked
    from threadpoolctl import threadpool_info

    seen = {
        "processors": sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "opencv": cv2.getNumThreads(),
        "blas": [each["num_threads"] for each in threadpool_info()],
        "environment": dict(os.environ),
    }
    (workspace.output / OUTCOME).write_text(json.dumps(seen))
