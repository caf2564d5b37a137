"""A dataset as an input of a run: its name, fingerprint and source, without the data."""

import json
from collections.abc import Mapping

from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

_LONGEST_DIGEST = 36


def dataset_input(name: str, fingerprint: str, split: str, source: str, profile: Mapping[str, object]) -> DatasetInput:
    """A dataset that a run has read.

    Args:
        name: shown on the run's page.
        fingerprint: of the content; the first 36 characters are kept, as MLflow does.
        split: ``train``, ``val`` or ``test``.
        source: a path, a URL or a name.
        profile: small JSON values: counts of classes, sizes.
    """
    digest, origin = fingerprint[:_LONGEST_DIGEST], json.dumps({"uri": source})
    dataset = Dataset(name, digest, source_type="local", source=origin, profile=json.dumps(dict(profile)))
    return DatasetInput(dataset, [InputTag(MLFLOW_DATASET_CONTEXT, split)])
