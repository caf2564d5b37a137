"""A dataset as an input of a run: name, digest and where it came from, no data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import mlflow.entities as entities
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

LONGEST_DIGEST = 36


@dataclass(frozen=True)
class RunDataset:
    """What a run read.

    Args:
        name: shown on the run's page.
        digest: fingerprint of the content; the first 36 characters are kept, as MLflow does.
        context: the split that it was used as.
        source: where it came from: a path, an address, a name.
        profile: small facts (counts by class, sizes), JSON.
    """

    name: str
    digest: str
    context: Literal["train", "val", "test"]
    source: str
    profile: Mapping[str, object]

    def as_input(self) -> entities.DatasetInput:
        """As MLflow's own entity."""
        dataset = entities.Dataset(
            name=self.name,
            digest=self.digest[:LONGEST_DIGEST],
            source_type="local",
            source=json.dumps({"uri": self.source}),
            profile=json.dumps(dict(self.profile)),
        )
        return entities.DatasetInput(dataset, [entities.InputTag(MLFLOW_DATASET_CONTEXT, self.context)])
