from __future__ import annotations

import logging
import time
from pathlib import Path

import mlflow
import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus
from torch import nn

from ablation.tracking import model as module
from ablation.tracking.ledger import Ledger
from ablation.tracking.model import log_model
from ablation.tracking.store import TrackingStore


@pytest.fixture
def network() -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(4, 5),
    )
    for weight in layers.parameters():
        weight.data = torch.randn(weight.shape, generator=generator)
    return layers.train()


def images(count: int) -> np.ndarray:
    return np.random.default_rng(count).random((count, 3, 8, 8), dtype=np.float32)


def predictions(network: nn.Module, batch: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network.eval()(torch.from_numpy(batch)).numpy()


@pytest.mark.slow
def test_the_model_loads_and_predicts_as_it_did_for_any_batch_size(
    store: TrackingStore, ledger: Ledger, network: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = ledger.enter("a", "run", params={"model.backbone": "small_cnn"})
    uri = log_model(record, network, images(2))
    assert network.training  # left as it was

    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    loaded = mlflow.pytorch.load_model(uri)
    served = mlflow.pyfunc.load_model(uri)
    for count in (1, 2, 5):
        expected = predictions(network, images(count))
        np.testing.assert_allclose(loaded(torch.from_numpy(images(count))).detach().numpy(), expected, atol=1e-5)
        np.testing.assert_allclose(served.predict(images(count)), expected, atol=1e-5)
    with pytest.raises(mlflow.exceptions.MlflowException, match="shape"):
        served.predict(np.zeros((1, 8, 8, 3), dtype=np.float32))


def test_the_run_shows_its_model_with_its_parameters(store: TrackingStore, ledger: Ledger, network: nn.Module) -> None:
    record = ledger.enter("a", "run", params={"model.backbone": "small_cnn"})
    uri = log_model(record, network, images(2), "ResNet-18")
    client = MlflowClient(store.uri)
    (output,) = client.get_run(record.run_id).outputs.model_outputs
    assert uri == f"models:/{output.model_id}"
    logged = client.get_logged_model(output.model_id)
    assert (logged.name, logged.status, logged.source_run_id) == ("ResNet-18", LoggedModelStatus.READY, record.run_id)
    assert logged.params == {"model.backbone": "small_cnn"}


@pytest.mark.slow
def test_a_run_has_its_model_once_even_after_a_crash_half_way(
    store: TrackingStore, ledger: Ledger, network: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = ledger.enter("a", "run")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_save", killed)
        with pytest.raises(KeyboardInterrupt):
            log_model(record, network, images(2))
    uri = log_model(record, network, images(2))
    start = time.perf_counter()
    assert log_model(ledger.enter("a", "run"), network, images(2)) == uri
    assert time.perf_counter() - start < 1
    client = MlflowClient(store.uri)
    (kept,) = client.search_logged_models([ledger.experiment_id])
    assert kept.model_uri == uri
    assert [output.model_id for output in client.get_run(record.run_id).outputs.model_outputs] == [kept.model_id]


def test_an_example_of_one_is_refused(ledger: Ledger, network: nn.Module) -> None:
    with pytest.raises(ValueError, match="batch of two"):
        log_model(ledger.enter("a", "run"), network, images(1))


def test_the_requirements_are_named_without_a_word_on_the_terminal(
    store: TrackingStore, ledger: Ledger, network: nn.Module, caplog: pytest.LogCaptureFixture
) -> None:
    uri = log_model(ledger.enter("a", "run"), network, images(2))
    logged = MlflowClient(store.uri).get_logged_model(uri.removeprefix("models:/"))
    folder = Path(logged.artifact_location.removeprefix("file://"))
    requirements = (folder / "requirements.txt").read_text().split()
    assert [line.split("==")[0] for line in requirements] == ["mlflow", "numpy", "torch"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
