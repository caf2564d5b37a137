"""Off is off: a setting that does nothing leaves a training bit-identical to the baseline's."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from bench import Bench, Patch, assert_equal

OFF: Mapping[str, Patch] = {
    "no mixing": {"mix": {"name": "none"}},
    "mixing that never comes": {"mix": {"name": "mixup", "probability": 1e-12}},
    "no augmentation": {"augment": {"name": "none"}},
    "augmentation of no strength": {
        "augment": {
            "name": "basic", "hflip": 0.0, "rotation": 0.0, "brightness": 0.0, "contrast": 0.0, "saturation": 0.0,
            "hue": 0.0, "erasing": 0.0,
        }
    },
    "dropout 0": {"model": {"head": {"dropout": 0.0}}},
    "label smoothing 0": {"loss": {"name": "cross_entropy", "label_smoothing": 0.0}},
    "constant schedule": {"schedule": {"name": "constant"}},
    "clipping at a norm never reached": {"train": {"clip_norm": 1e9}},
    "accumulation of one": {"train": {"accumulate": 1}},
    "shuffled, unweighted": {"balance": {"sampling": "shuffle", "class_weights": "none"}},
    "no phases": {"phases": {}},
    "a phase taken away": {"phases": {"larger": None}},
    "a phase on a condition that never holds": {
        "phases": {"never": {"start": {"plateau": 99}, "patch": {"data": {"image_size": 16}}}}
    },
    "early stopping that never stops": {"train": {"early_stopping": {"patience": 99}}},
    "no average": {"train": {"ema": None}},
    "weights of the last epoch": {"train": {"keep": "last"}},
    "no label noise": {"data": {"label_noise": 0.0}},
    "everything trained": {"model": {"trainable": "all", "attention": "none", "init": "torch", "bn_momentum": None}},
    "torch's momentum of BatchNorm": {"model": {"bn_momentum": 0.1}},
    "no channel dropped": {"model": {"backbone": {"conv_dropout": 0.0}}},
    "the backbone's rate written out": {"optimizer": {"backbone_lr": None, "decay_norm_and_bias": True}},
    "a plateau that is never reached": {"schedule": {"name": "plateau", "patience": 99}},
    "a step that is never reached": {"schedule": {"name": "step", "every": 99}},
    "other members and thresholds": {
        "inference": {"members": 3, "calibration": "temperature", "ensemble_with": ["baseline"]}
    },
    "other inference": {"inference": {"tta": ["identity", "hflip"], "batch_size": 7}},
}  # fmt: skip


@pytest.mark.parametrize("patch", OFF.values(), ids=OFF.keys())
def test_off_is_off(bench: Bench, patch: Patch) -> None:
    assert_equal(bench.train("off", patch), bench.train("baseline"))
