"""Inference: how predictions are made from a trained model. No part of a training's identity."""

from __future__ import annotations

from ablation.recipe.inference.predictor import Normalise, Predictor
from ablation.recipe.inference.settings import InferenceSettings

__all__ = ["InferenceSettings", "Normalise", "Predictor"]
