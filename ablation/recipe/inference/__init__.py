"""Inference: how a trained model predicts. It is not part of a training's address."""

from __future__ import annotations

from ablation.recipe.inference.predictor import Normalise, Predictor
from ablation.recipe.inference.settings import InferenceSettings

__all__ = ["InferenceSettings", "Normalise", "Predictor"]
