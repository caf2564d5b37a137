"""Predictions of trained models, and what is made of them afterwards."""
