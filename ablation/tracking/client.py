"""A client of MLflow's, bound to one store."""

from __future__ import annotations

import warnings

from mlflow import MlflowClient


def connect(uri: str) -> MlflowClient:
    """A client that speaks to this store only, whatever MLflow's global tracking URI is."""
    with warnings.catch_warnings():
        # SQLAlchemy 2.1 deprecates a loader that MLflow's tables still name; it shows when they are first imported
        warnings.filterwarnings("ignore", message="The ``noload`` loader strategy is deprecated")
        return MlflowClient(tracking_uri=uri, registry_uri=uri)
