"""Costs of a training and its model, by the column of the results; needs no torch."""

from collections.abc import Mapping

COST_LABELS: Mapping[str, str] = {
    "train_seconds": "training s",
    "images_per_second": "training images/s",
    "peak_memory_mb": "peak memory MB",
    "parameters": "parameters",
    "latency_ms_1": "ms/image, batch 1",
    "latency_ms_64": "ms/image, batch 64",
    "epochs_to_best": "epochs to best",
}
"""Columns of costs, each with its label and unit."""
ACCURACY_GAP = "gap"
"""Training minus validation accuracy after the last epoch, in points."""
