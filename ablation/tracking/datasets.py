"""A dataset as an input of a run: its name, fingerprint and source, without the data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import mlflow.entities as entities
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

LONGEST_DIGEST = 36


@dataclass(frozen=True)
class RunDataset:
    """A dataset that a run has read.

    Args:
        name: shown on the run's page.
        digest: MLflow's name for the fingerprint of the content; the first 36 characters are kept, as MLflow does.
        context: the split that it was used as.
        source: a path, a URL or a name.
        profile: small JSON values: counts of classes, sizes.
    """

    name: str
    digest: str
    context: Literal["train", "val", "test"]
    source: str
    profile: Mapping[str, object]

    def as_input(self) -> entities.DatasetInput:
        """MLflow's entity."""
        dataset = entities.Dataset(
            name=self.name,
            digest=self.digest[:LONGEST_DIGEST],
            source_type="local",
            source=json.dumps({"uri": self.source}),
            profile=json.dumps(dict(self.profile)),
        )
        return entities.DatasetInput(dataset, [entities.InputTag(MLFLOW_DATASET_CONTEXT, self.context)])
