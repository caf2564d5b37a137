"""Document 004's diagnosis on real trainings: a stuck one, its mended form, and one built so that gradients vanish."""

from __future__ import annotations

from pathlib import Path

import pytest

import ablation
from ablation.analysis.diagnosis.diagnose import FINDING_KINDS, findings
from ablation.reporting.texts.footer import footer

LAYERS = """\
from torch import nn

from ablation.recipe.model.backbones import Backbone, BackboneSettings


class Sigmoids(BackboneSettings):
    name: str

    def build(self, image_size):
        layers = [nn.Flatten(), nn.Linear(3 * image_size**2, 16), nn.Sigmoid()]
        for _ in range(19):
            layers += [nn.Linear(16, 16), nn.Sigmoid()]
        return Backbone(nn.Sequential(*layers), features=16)
"""

LADDER = """\
name: diagnosis
metric: accuracy
margin: 1.0
protocol: fixed_test
replicates: 1
baseline:
  data: {source: digits, image_size: 8, limit: 400, imbalance: 5}
  model:
    backbone: {name: small_cnn, width: 8, conv_dropout: 0.25}
    head: {name: mlp, hidden: [32], dropout: 0.5, norm: none}
  loss: {label_smoothing: 0.1}
  balance: {sampling: weighted, class_weights: balanced, power: 0.5, least: 0.5, most: 1.5}
  optimizer: {name: sgd, lr: 30.0, momentum: 0.9, weight_decay: 0.0}
  train: {epochs: 6, batch_size: 32, clip_norm: 1.0}
rungs:
  - name: Mended
    patch:
      optimizer: {name: adam, lr: 3.0e-3}
      model: {backbone: {conv_dropout: 0.1}, head: {dropout: 0.3}}
      loss: {label_smoothing: 0.0}
      balance: {power: 0.333, least: 0.7, most: 1.3}
      train: {clip_norm: 5.0, epochs: 10}
  - name: Vanishing
    patch: {model: {backbone: "sigmoids:Sigmoids"}}
"""


@pytest.mark.slow
def test_the_stuck_and_the_vanishing_training_are_reported_and_the_mended_one_is_healthy(tmp_path: Path) -> None:
    file = tmp_path / "diagnosis.yaml"
    file.write_text(LADDER)
    (tmp_path / "sigmoids.py").write_text(LAYERS)
    options = ablation.Options(tmp_path / "store", device="cpu", track=False)
    outcome = ablation.run(file, options=options)
    found = findings(outcome.plan, options.store)
    kinds = {variant: {each.kind for each in replicates[0]} for variant, replicates in found.items()}
    assert {"one_class", "not_learning"} <= kinds["baseline"]
    assert kinds["+ Mended"] == set()
    assert "vanishing_gradients" in kinds["+ Vanishing"]
    assert set().union(*kinds.values()) <= set(FINDING_KINDS)
    warned = [line for line in footer(ablation.report(file, options=options)) if line.startswith("Warning: ")]
    assert any("predicts one class only" in line and "patch: {" in line for line in warned)
