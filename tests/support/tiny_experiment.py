"""A real experiment on the digits whose trainings take a fraction of a second each."""

from __future__ import annotations

from pathlib import Path

TINY = """\
name: tiny
metric: accuracy
margin: 2.0
protocol: fixed_test
replicates: 2
baseline:
  data: {source: digits, image_size: 16, limit: 150, test_size: 40, val_size: 30}
  model: {backbone: {name: small_cnn, width: 4}, head: {name: linear, dropout: 0.1}}
  optimizer: {name: adamw, lr: 3.0e-3}
  train: {epochs: EPOCHS, batch_size: 16}
rungs:
  - name: Basic augmentation
    patch: {augment: {name: basic, hflip: 0.0}}
    expect: [1, 2]
    source: a document
  - name: Shifted views
    patch: {inference: {tta: [identity, shift]}}
"""


def tiny_file(folder: Path, epochs: int = 2) -> Path:
    """Write the experiment file."""
    file = folder / "tiny.yaml"
    file.write_text(TINY.replace("EPOCHS", str(epochs)))
    return file
