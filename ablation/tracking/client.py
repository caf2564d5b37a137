"""An MLflow client bound to one store, and the tables of a new one."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow import MlflowClient


def connect(uri: str) -> MlflowClient:
    """A client of this store alone, whatever MLflow's global tracking URI is."""
    with quiet_import():
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def create_tables(uri: str, artifacts: Path) -> None:
    """Create MLflow's tables in an empty database; its default experiment has its files in ``artifacts``."""
    with quiet_import():
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    SqlAlchemyStore(uri, str(artifacts)).engine.dispose()  # type: ignore[no-untyped-call]


@contextmanager
def quiet_import() -> Iterator[None]:
    """Silence two warnings that MLflow's own modules raise when they are first imported; users cannot act on them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The ``noload`` loader strategy is deprecated")  # by SQLAlchemy 2.1
        warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType")  # by mlflow.pyfunc
        yield
