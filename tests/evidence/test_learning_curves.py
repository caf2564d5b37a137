"""Learning curves of settings drawn at random, recorded for ``tests/tuning/test_pruner_replay.py``.

Twenty minutes on two cores that others use too. In a store of its own it goes on from what is trained; the curves are
written there, as ``learning_curves_digits.json``, to take the place of the committed ones:

    EVIDENCE_STORE=evidence pytest -m evidence -n 0 tests/evidence/test_learning_curves.py
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ablation import Options
from ablation.core.versions import versions
from ablation.experiment.config.file import load
from ablation.experiment.config.search import Choices, Range
from ablation.experiment.execution.executor import Executor
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.variants import resolve
from ablation.experiment.search.study_plan import Tryout
from ablation.experiment.search.trial_stages import RowTryouts
from ablation.experiment.store.content_store import ContentStore
from ablation.workflow import workers

FILE = Path(__file__).with_name("learning_curves.yaml")
SETTINGS = int(os.environ.get("EVIDENCE_SETTINGS", "96"))
METRIC = "balanced_accuracy"

pytestmark = [pytest.mark.evidence, pytest.mark.timeout(7200)]


def drawn(space: Mapping[str, Range | Choices], rng: np.random.Generator) -> dict[str, Any]:
    """Values by dotted setting, to three digits."""
    return {path: one_of(each, rng) for path, each in space.items()}


def one_of(searched: Range | Choices, rng: np.random.Generator) -> Any:
    if isinstance(searched, Choices):
        return searched.choices[rng.integers(len(searched.choices))]
    low, high = (math.log(each) if searched.log else each for each in (searched.low, searched.high))
    value = rng.uniform(low, high)
    return float(f"{math.exp(value) if searched.log else value:.3g}")


def recorded(tryout: Tryout, store: ContentStore) -> tuple[list[float], float]:
    """The score after each epoch, and that of the final predictions."""
    history = store.outcome(tryout.train)["history"]
    scores = [each[f"val/{METRIC}"] for each in history]
    return [round(each, 4) for each in scores], round(store.outcome(tryout.val)["metrics"][METRIC], 4)


def test_learning_curves_are_recorded(tmp_path_factory: pytest.TempPathFactory) -> None:
    options = Options(Path(os.environ.get("EVIDENCE_STORE") or tmp_path_factory.mktemp("store")), device="cpu", jobs=2)
    store, experiment = options.store, load(FILE)
    assert experiment.tune is not None
    context = PlanningContext(experiment, store, torch.device("cpu"), str(FILE))
    tryouts = RowTryouts(resolve(experiment).variants[0], context)
    rng = np.random.default_rng(0)
    settings = [drawn(experiment.tune.space, rng) for _ in range(SETTINGS)]
    tried = [[tryouts(values, replicate) for replicate in range(experiment.replicates)] for values in settings]
    stages = {address: stage for row in tried for each in row for address, stage in each.stages.items()}
    with workers.worker_start(1) as start:
        assert not Executor(stages, store, workers.pool("cpu", 1, FILE.parent, options, start), []).run()
    curves = [[recorded(each, store) for each in row] for row in tried]
    written = {
        "recorded": datetime.now(UTC).date().isoformat(),
        "made_with": dict(versions()),
        "metric": METRIC,
        "settings": settings,
        "epochs": [[epochs for epochs, _ in row] for row in curves],
        "final": [[final for _, final in row] for row in curves],
    }
    (options.root / "learning_curves_digits.json").write_text(f"{text(written)}\n", encoding="utf-8")


def text(written: Mapping[str, Any]) -> str:
    """JSON with one line a setting."""
    parts = []
    for key, value in written.items():
        rows = ",\n".join(json.dumps(row) for row in value) if isinstance(value, list) else None
        parts.append(f'"{key}": ' + (json.dumps(value) if rows is None else f"[\n{rows}\n]"))
    return "{\n" + ",\n".join(parts) + "\n}"
