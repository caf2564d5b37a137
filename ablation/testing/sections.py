"""The sections that hold components: how a component of each is put to use, and what it promises then."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from ablation.errors import UserError
from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.component import Component, choices
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.loss import LossSettings
from ablation.recipe.mix import Mix, MixSettings
from ablation.recipe.model.backbones import Backbone, BackboneSettings
from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.phases import nested
from ablation.recipe.schedule import ScheduleSettings
from ablation.testing.randomness import CPU, drawn_by

SIDE, CLASSES, BATCH, FEATURES = 64, 4, 6, 8
"""Of what components are put to use on: side in pixels, and counts."""
SIDES = (8, 16, 32, 64, 75, 96, 128, 224, 299, 384, 512)
"""Sides that backbones are tried on, pixels."""
