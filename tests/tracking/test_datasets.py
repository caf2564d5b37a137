"""Datasets as inputs of a run."""

from __future__ import annotations

from mlflow import MlflowClient

from ablation.tracking.datasets import dataset_input
from ablation.tracking.ledger import Ledger
from ablation.tracking.store import TrackingStore


def test_datasets_are_inputs_with_digest_and_context(store: TrackingStore, ledger: Ledger) -> None:
    record = ledger.enter("a", "run")
    datasets = [
        dataset_input("digits", "f" * 64, "train", "scikit-learn digits", {"images": 300, "classes": 10}),
        dataset_input("digits", "e" * 64, "test", "scikit-learn digits", {"images": 800}),
    ]
    record.log_datasets(datasets)
    record.log_datasets(datasets)
    inputs = MlflowClient(store.uri).get_run(record.run_id).inputs.dataset_inputs
    assert {(i.dataset.name, i.dataset.digest, i.tags[0].value) for i in inputs} == {
        ("digits", "f" * 36, "train"),
        ("digits", "e" * 36, "test"),
    }
    assert len(inputs) == 2
