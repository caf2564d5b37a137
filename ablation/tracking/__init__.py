"""Recording in MLflow: the only package that imports mlflow.

    preflight   checks of a local store that take milliseconds, before MLflow is imported: ``refuse_unusable``
    database    databases, as MLflow and Optuna need them: answers within seconds, SQLite files whole or not at all
    store       opens or creates the tracking store: ``open_store``
    ledger      the runs of one experiment: ``Ledger.open``, ``find``, ``enter``
    names       roles, tags and prefixes of metrics, and their version
    record      one run: parameters, epochs, summary, artifacts, datasets, tags, status
    model       a network in MLflow's own format: ``log_model``
    server      MLflow's pages: ``serve_mlflow``
    failure     ``TrackingUnavailable``: try again later; ``TrackingError``: MLflow refuses

Everything goes through explicit run ids; no active run, tracking URI or other state of MLflow's is set. Importing
mlflow takes seconds, so callers import these modules where they need them; ``preflight`` and ``names`` do not need it.
"""

import os

# MLflow reads these when it is imported; values that the user has set are kept.
for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",  # raise instead of cutting values short in silence
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # the default retries for minutes; the recorder repeats failed calls anyway
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}.items():
    os.environ.setdefault(_name, _value)
