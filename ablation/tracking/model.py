"""A network in MLflow's own format, loadable by ``mlflow.pytorch`` and servable, without MLflow's active run."""

import copy
import platform
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus
from mlflow.models import Model, infer_signature
from torch import nn

from ablation.tracking.client import quiet_import
from ablation.tracking.failure import delivered
from ablation.tracking.record import RunRecord

with quiet_import():
    import mlflow.pyfunc  # noqa: F401  (save_model imports it, with the warning)
    from mlflow.pytorch import save_model


@delivered
def log_model(record: RunRecord, model: nn.Module, example: np.ndarray, name: str = "model") -> str:
    """Log the run's network, once: exported by torch, weights on CPU, evaluation mode, any batch size.

    Args:
        model: float32; not changed.
        example: inputs, shape (2, ...), float32; a batch of one would fix the batch size at one.
        name: shown in MLflow.

    Returns:
        The model's URI, ``models:/m-...``.
    """
    if len(example) < 2:
        raise ValueError("the example needs a batch of two: torch.export fixes a size of one")
    logged = _kept(record, name) or _export(record, copy.deepcopy(model).cpu().eval(), example, name)
    outputs = record.client.get_run(record.run_id).outputs
    if logged.model_id not in {output.model_id for output in (outputs.model_outputs if outputs else ())}:
        record.client.log_outputs(record.run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return logged.model_uri


def _kept(record: RunRecord, name: str) -> LoggedModel | None:
    """The run's finished model of that name, or None; unfinished models of killed processes are deleted."""
    condition = f"source_run_id = '{record.run_id}' AND name = '{name}'"
    models = record.client.search_logged_models([record.experiment_id], condition)
    ready = [model for model in models if model.status == LoggedModelStatus.READY]
    for model in models:
        if model.status != LoggedModelStatus.READY:
            record.client.delete_logged_model(model.model_id)
    return ready[0] if ready else None


def _export(record: RunRecord, model: nn.Module, example: np.ndarray, name: str) -> LoggedModel:
    client = record.client
    params = client.get_run(record.run_id).data.params
    logged = client.create_logged_model(record.experiment_id, name, record.run_id, params=params)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        _save(model, example, path, logged, record.run_id)
        client.log_model_artifacts(logged.model_id, str(path))
    return client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)


def _save(model: nn.Module, example: np.ndarray, path: Path, logged: LoggedModel, run_id: str) -> None:
    location, model_id = logged.artifact_location, logged.model_id
    card = Model(artifact_path=location, model_uuid=model_id, run_id=run_id, model_id=model_id)
    with torch.no_grad():
        output = model(torch.from_numpy(example)).numpy()
    with warnings.catch_warnings():
        # torch 2.15 warns for every archive with buffers expanded from others; the weights are on the CPU
        warnings.filterwarnings("ignore", message="No complete tensor found in the group")
        save_model(
            model,
            path,
            mlflow_model=card,
            serialization_format="pt2",
            input_example=example,
            signature=infer_signature(example, output),
            conda_env=_requirements(),
        )


def _requirements() -> dict[str, object]:
    """The packages for loading; MLflow takes half a minute to infer them, by loading the model in another process."""
    packages = [f"{package}=={version(package).split('+')[0]}" for package in ("mlflow", "numpy", "torch")]
    dependencies = [f"python={platform.python_version()}", "pip", {"pip": packages}]
    return {"name": "model", "channels": ["conda-forge"], "dependencies": dependencies}
