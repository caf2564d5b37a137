"""Batches of images on their way to the model."""
