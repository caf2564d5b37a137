"""A network in MLflow's own format, loadable by ``mlflow.pytorch`` and servable, without MLflow's active run."""

from __future__ import annotations

import copy
import tempfile
from importlib.metadata import version
from pathlib import Path

import mlflow.pytorch
import numpy as np
import torch
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec
from torch import nn

from ablation.tracking.failure import delivered
from ablation.tracking.record import Record


@delivered
def log_model(record: Record, model: nn.Module, example: np.ndarray, name: str = "model") -> str:
    """Give the run its network, once: exported by torch, weights on CPU, evaluation mode, any batch size.

    Args:
        model: float32; left untouched.
        example: inputs, shape (2, ...), float32; a batch of one would fix the batch size at one.
        name: shown in MLflow.

    Returns:
        The model's URI, ``models:/m-...``.
    """
    if len(example) < 2:
        raise ValueError("the example needs a batch of two: torch.export fixes a size of one")
    client = record.client
    kept = _kept(client, record, name)
    if kept:
        return kept.model_uri
    frozen = copy.deepcopy(model).cpu().eval()
    params = client.get_run(record.run_id).data.params
    logged = client.create_logged_model(
        record.experiment_id, name, record.run_id, params=params, model_type="classifier"
    )
    client.log_outputs(record.run_id, [LoggedModelOutput(logged.model_id, step=0)])
    with tempfile.TemporaryDirectory() as folder:
        _save(frozen, example, Path(folder) / "model", logged, record.run_id)
        client.log_model_artifacts(logged.model_id, str(Path(folder) / "model"))
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    return logged.model_uri


def _kept(client: MlflowClient, record: Record, name: str) -> LoggedModel | None:
    """The run's finished model of that name; what a killed process left unfinished is removed."""
    found = client.search_logged_models(
        [record.experiment_id], f"source_run_id = '{record.run_id}' AND name = '{name}'"
    )
    ready = [each for each in found if each.status == LoggedModelStatus.READY]
    for each in found:
        if each.status != LoggedModelStatus.READY:
            client.delete_logged_model(each.model_id)
    return ready[0] if ready else None


def _save(model: nn.Module, example: np.ndarray, path: Path, logged: LoggedModel, run_id: str) -> None:
    card = Model(
        artifact_path=logged.artifact_location, model_uuid=logged.model_id, run_id=run_id, model_id=logged.model_id
    )
    mlflow.pytorch.save_model(
        model,
        path,
        mlflow_model=card,
        serialization_format="pt2",
        input_example=example,
        signature=_signature(model, example),
        # named here: MLflow would find them out in half a minute by loading the model in another process
        pip_requirements=[f"{package}=={version(package).split('+')[0]}" for package in ("mlflow", "numpy", "torch")],
    )


def _signature(model: nn.Module, example: np.ndarray) -> ModelSignature:
    with torch.no_grad():
        output = model(torch.from_numpy(example)).numpy()
    return ModelSignature(
        inputs=Schema([TensorSpec(example.dtype, (-1, *example.shape[1:]))]),
        outputs=Schema([TensorSpec(output.dtype, (-1, *output.shape[1:]))]),
    )
