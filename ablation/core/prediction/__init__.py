"""Predictions of trained models, and their postprocessing."""
