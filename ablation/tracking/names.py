"""The names used in MLflow, each written once: roles, tags, prefixes of metrics, and the version of them all.

Metrics have the names that the files and the result frames have. By epoch they are those of a training's history, as in
``epochs.jsonl`` and ``outcome.json`` (``train/loss``, ``val/loss``, ``val/accuracy``, ``grad_norm``, ``lr``); of a
finished run they are the columns of a frame (``test/log_loss``, ``val/log_loss``, ``val/accuracy``), each on its split.
"""

from __future__ import annotations

VERSION = 2
"""Version of what the runs hold. Raise it when a name or the content of a run changes: runs of another version are left
as they are, tagged as stale, and recorded anew by the next ``run`` or ``tune``. Runs without a version are the first.
"""


class Role:
    """What a run in MLflow is of: an experiment, one of its variants, a replicate of that; a study, one of its trials.

    The run of an experiment is the parent of its variants, and a variant of its replicates; a study of its trials.
    """

    PARENT = "parent"
    VARIANT = "variant"
    REPLICATE = "replicate"
    STUDY = "study"
    TRIAL = "trial"


class Tag:
    """Names of tags."""

    KEY = "ablation.key"
    """Which of the experiment's runs this is; set as the run is created, so never missing."""
    PROJECTION = "ablation.projection"
    """``VERSION`` of the code that recorded the run."""
    ROLE = "ablation.role"
    STALE = "ablation.stale"
    """``true`` on a run that a changed experiment file, or another version, has superseded."""
    DELIVERED = "ablation.delivered"
    """``true`` on a run that holds everything the store has of it."""
    REASON = "ablation.reason"
    """Why a replicate or a trial failed."""

    PLAN = "ablation.plan"
    PROTOCOL = "ablation.protocol"
    DESIGNS = "ablation.designs"
    DIFFERENCE = "ablation.difference"
    """What a variant changes against the row above."""
    VERDICT = "ablation.verdict"
    """The table's word for a variant's step."""
    VARIANT = "variant"
    REPLICATE = "ablation.replicate"
    ADDRESS = "ablation.address"
    TRAINING = "ablation.training"
    MODEL = "ablation.model"
    """Address of a run's model in MLflow's own format."""
    DIVERGED = "diverged"
    WARNING = "warning."
    """Prefix: the kind of a warning follows."""

    STUDY = "ablation.study"
    ROW = "ablation.row"
    TRIALS = "ablation.trials"
    SAMPLER = "ablation.sampler"
    PRUNER = "ablation.pruner"
    PUBLISHED = "ablation.published"
    """Hash of the trials that a study's figures and texts are of."""
    TRIAL = "ablation.trial"
    PRUNED = "ablation.pruned"
    BEST = "ablation.best"
    """``true`` on the best complete trial of a study."""
    OWN = "ablation.own"
    """``true`` on the trial of the recipe's own values."""


class Prefix:
    """What the names of metrics begin with."""

    TRAIN = "train/"
    VAL = "val/"
    TEST = "test/"
    COST = "cost/"
    TIME = "time/"
    SUMMARY = "summary/"
    """Of a variant, over its replicates. MLflow's grouping so never averages a mean with its parts."""
    GAIN = "gain/"
    SCORE = "score/"
    """Of a trial: what it is compared by. The name of the metric on its split follows, as after the next three."""
    REPLICATE = "replicate/"
    """Of a trial: the score of each replicate, by number."""
    BEST = "best/"
    OWN = "own/"
    TRIALS = "trials/"
    """Of a study: the number of its trials of each status."""
    IMPORTANCE = "importance/"


def seconds_metric(name: str) -> str:
    """The metric of the seconds that something took."""
    return f"{Prefix.TIME}{name}_seconds"


def space_param(path: str) -> str:
    """The parameter of a study with the range of one of its settings."""
    return f"space.{path}"
