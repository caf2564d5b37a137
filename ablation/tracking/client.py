"""A client of MLflow's, bound to one store."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow import MlflowClient


def connect(uri: str) -> MlflowClient:
    """A client that speaks to this store only, whatever MLflow's global tracking URI is."""
    with importing_tables():
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def importing_tables() -> Iterator[None]:
    """SQLAlchemy 2.1 deprecates a loader that MLflow's tables still name; silence it where they are first imported."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The ``noload`` loader strategy is deprecated")
        yield
