"""The names used in MLflow, each written once: roles, tags, prefixes of metrics, and their version.

Metrics have the same names as in the files and the result frames. Metrics of an epoch have the names of a training's
history, as in ``epochs.jsonl`` and ``outcome.json`` (``train/loss``, ``val/loss``, ``val/accuracy``, ``grad_norm``,
``lr``); metrics of a finished run have the names of a frame's columns (``test/log_loss``, ``val/accuracy``).
"""

VERSION = 2
"""Version of the content of runs. Raise it when a name or the content of a run changes: runs of another version are
tagged as stale, otherwise left as they are, and recorded anew by the next ``run`` or ``tune``. Runs of the first
version have no version tag.
"""


class Role:
    """Kinds of runs: an experiment's is the parent of its variants', a variant's of its replicates', a study's of its
    trials'.
    """

    PARENT = "parent"
    VARIANT = "variant"
    REPLICATE = "replicate"
    STUDY = "study"
    TRIAL = "trial"


class Tag:
    """Names of tags."""

    KEY = "ablation.key"
    """Identifies the run within its experiment; set when the run is created, so never missing."""
    PROJECTION = "ablation.projection"
    """``VERSION`` of the code that recorded the run."""
    ROLE = "ablation.role"
    STALE = "ablation.stale"
    """``true`` on a run that is no longer part of the experiment file, or was recorded by another version."""
    DELIVERED = "ablation.delivered"
    """``true`` on a run with everything that the store has of it."""
    REASON = "ablation.reason"
    """Why a replicate or a trial failed."""

    PLAN = "ablation.plan"
    PROTOCOL = "ablation.protocol"
    DESIGNS = "ablation.designs"
    DIFFERENCE = "ablation.difference"
    """What a variant changes against the row above."""
    VERDICT = "ablation.verdict"
    """The verdict on a variant's step, as in the table."""
    VARIANT = "variant"
    REPLICATE = "ablation.replicate"
    ADDRESS = "ablation.address"
    TRAINING = "ablation.training"
    MODEL = "ablation.model"
    """URI of a run's model in MLflow's own format."""
    DIVERGED = "diverged"
    WARNING = "warning."
    """Prefix: the kind of a warning follows."""

    STUDY = "ablation.study"
    ROW = "ablation.row"
    TRIALS = "ablation.trials"
    SAMPLER = "ablation.sampler"
    PRUNER = "ablation.pruner"
    PUBLISHED = "ablation.published"
    """Hash of the trials that a study's figures and texts show."""
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
    """Of a variant, over its replicates; apart, so that MLflow's grouping never averages a mean with its parts."""
    GAIN = "gain/"
    SCORE = "score/"
    """Of a trial: the value that it is compared by; as after the next three, the metric's name on its split follows."""
    REPLICATE = "replicate/"
    """Of a trial: the score of each replicate, by number."""
    BEST = "best/"
    OWN = "own/"
    TRIALS = "trials/"
    """Of a study: the number of trials of each status."""
    IMPORTANCE = "importance/"


def seconds_metric(name: str) -> str:
    """The metric name of a duration in seconds."""
    return f"{Prefix.TIME}{name}_seconds"
