"""The record in MLflow: the only package that imports mlflow.

    preflight   what is wrong with a local store, seconds before MLflow could say so: ``refuse_unusable``
    store       where the record lives: ``open_store``
    ledger      the runs of one experiment: ``Ledger.open``, ``find``, ``enter``
    names       roles, tags and prefixes of metrics, and the version of them all
    record      one run: parameters, epochs, summary, artifacts, datasets, tags, status
    datasets    a dataset as a run's input
    model       a network in MLflow's own format: ``log_model``
    server      MLflow's pages: ``serve``, ``link``
    failure     ``TrackingUnavailable``: try again later; ``TrackingError``: MLflow refuses

Everything goes through explicit run ids; no active run, tracking URI or other state of MLflow's is set. Importing
mlflow takes seconds, so callers import these modules where they need them; ``preflight`` and ``names`` do without it.
"""

from __future__ import annotations

import os

# MLflow reads these when it is imported; what the user has set wins.
for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",  # an error rather than a value cut short in silence
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # the default retries for minutes; a late record is delivered again anyway
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}.items():
    os.environ.setdefault(_name, _value)
