"""The workflow: plan, run, record and report an experiment. The command line is a few lines over these functions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console

from ablation.experiment.executor import Executor, Observer
from ablation.experiment.lanes import machine_folder
from ablation.experiment.messages import Setup
from ablation.experiment.plan import Plan
from ablation.experiment.pool import Pool
from ablation.experiment.remembered import recall, remember
from ablation.experiment.results import collect
from ablation.experiment.store import ContentStore

CORE = "ablation.core.execute"
STORE = Path("mlruns")
