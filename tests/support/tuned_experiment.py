"""The tiny experiment with a study of its last row, and a rung that takes the best of it."""

from __future__ import annotations

from pathlib import Path

from tiny_experiment import TINY

TUNED = """\
  - {name: Final tuning, tuned: true, source: a document}
"""
TUNE = """\
tune:
  sampler: random
  trials: 4
  space:
    optimizer.lr: {low: 1.0e-4, high: 3.0e-2, log: true}
    model.head.dropout: {low: 0.0, high: 0.5}
"""


def tuned_file(folder: Path, epochs: int = 2, tuned_rung: bool = True) -> Path:
    """Write the experiment file."""
    file = folder / "tiny.yaml"
    file.write_text(TINY.replace("EPOCHS", str(epochs)) + (TUNED if tuned_rung else "") + TUNE)
    return file
