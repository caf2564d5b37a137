"""Optuna studies: where they are kept, how values are chosen, and who works on which trial.

The only place that imports optuna.
"""
