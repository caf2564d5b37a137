"""Runs and studies recorded in MLflow in the background."""
