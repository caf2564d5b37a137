"""Optuna studies: their storage, samplers and pruners, and the queue from which processes take trials.

Only this package imports optuna.
"""
