"""The command line: each command is a few lines over ``ablation.workflow``."""

from ablation.cli import benching, inspect, report, running, tuning, ui
from ablation.cli.app import app, main

__all__ = ["app", "benching", "inspect", "main", "report", "running", "tuning", "ui"]
