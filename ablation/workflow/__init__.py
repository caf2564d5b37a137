"""The commands' work: each a function from a file and some options to a value. Heavy libraries are imported late."""

from ablation.workflow.options import ROOT, Options
from ablation.workflow.planning import data, jobs_of, lane_seconds, lr_find, plan, preview, row_task, trained_again
from ablation.workflow.reporting import calibration_of, compare, details, latest, report, results, table_of
from ablation.workflow.running import Outcome, calibrate, confirm, run
from ablation.workflow.tuning import Search, Searched, dashboard, ladder_after, studies, tune

__all__ = [
    "ROOT",
    "Options",
    "Outcome",
    "Search",
    "Searched",
    "calibrate",
    "calibration_of",
    "compare",
    "confirm",
    "dashboard",
    "data",
    "details",
    "jobs_of",
    "ladder_after",
    "lane_seconds",
    "latest",
    "lr_find",
    "plan",
    "preview",
    "report",
    "results",
    "row_task",
    "run",
    "studies",
    "table_of",
    "trained_again",
    "tune",
]
