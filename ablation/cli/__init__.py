"""The command line: each command is a few lines over ``ablation.workflow``."""

import sys

from ablation.cli import benching, inspect, report, running, tuning, ui
from ablation.cli.app import app
from ablation.errors import UserError

__all__ = ["app", "benching", "inspect", "main", "report", "running", "tuning", "ui"]


def main() -> None:
    """The console command; a user's mistake is one message and exit code 2."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
