"""The command that would do this again; every command that the product prints is made here.

A run is its file together with what the command line asked for: ``ablation run x.yaml`` after
``ablation run x.yaml --set train.epochs=3`` is another ladder. So messages name a ``Remedy`` or a command, and an
``Invocation`` adds what the command needs to be of the same run. An experiment that was built in Python has no file
that a command could name; there the command is the call that does the same.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from ablation.python_call import python_call

COMMANDS: Mapping[str, str] = {"ladder": "run", "confirm": "confirm", "calibrate": "calibrate"}
"""The command that runs a plan, by the plan's purpose."""

_TRAINING = ("overrides", "replicates", "untuned", "device", "store", "tracking_uri", "track")
TAKEN: Mapping[str, tuple[str, ...]] = {
    "run": _TRAINING,
    "confirm": (*_TRAINING, "without"),
    "calibrate": _TRAINING,
    "plan": ("overrides", "replicates", "untuned", "device", "store"),
    "tune": ("overrides", "device", "store", "storage", "tracking_uri", "track"),
    "status": ("store",),
    "report": ("store", "confirmed"),
    "export": ("store", "confirmed"),
    "ui": ("store", "tracking_uri"),
}
"""For each command that can be printed, which parts of an invocation it takes; all but ``ui`` take the file."""

DEFAULT_STORE = "mlruns"
DEFAULT_DEVICE = "auto"
DEFAULT_REPLICATES: Mapping[str, int] = {"confirm": 10}
"""Replicates of the commands whose default is a number; of the others the file decides."""


@dataclass(frozen=True)
class Remedy:
    """What would mend something; ``ablation.reporting`` words it.

    Args:
        kind: ``run``: the same command again, which does what is missing. ``renew``: the same command, and it trains
            again what was made with other code or data. ``tune``: a study, whose best values the next run takes.
            ``change``: it failed and would fail again, so something has to be changed first. ``none``: no command
            mends it.
        options: of the command, beside those of the invocation.
    """

    kind: Literal["run", "renew", "tune", "change", "none"]
    options: tuple[str, ...] = ()


RUN, RENEW, TUNE, CHANGE, NONE = (
    Remedy("run"),
    Remedy("renew", ("--renew",)),
    Remedy("tune"),
    Remedy("change"),
    Remedy("none"),
)


@dataclass(frozen=True)
class Invocation:
    """What a user asked for, on the command line or from Python, as far as the same run needs it.

    ``--jobs`` decides no result, ``--only`` and ``--renew`` say what to do once: none of them is part of it.

    Args:
        file: the experiment file, as it was given; None for an experiment that was built in Python.
        purpose: ``ladder``, ``confirm`` or ``calibrate``: whose number of ``replicates`` it is.
        overrides: the ``--set`` texts.
        replicates: None where the file decides.
        without: rungs that a confirmation leaves out.
        untuned: whether the studies of every variant's own are left aside.
        device: as it was given; ``auto`` picks one.
        store: folder of the local store.
        storage: Optuna's; None for the default.
        tracking_uri: MLflow's; None for the default.
        track: whether MLflow records the run.
    """

    file: str | None = "FILE"
    purpose: str = "ladder"
    overrides: tuple[str, ...] = ()
    replicates: int | None = None
    without: tuple[str, ...] = ()
    untuned: bool = False
    device: str = DEFAULT_DEVICE
    store: str = DEFAULT_STORE
    storage: str | None = None
    tracking_uri: str | None = None
    track: bool = True

    def command(self, name: str, *options: str) -> str:
        """A command line for a POSIX shell, or the call in Python: with what it takes of this, without defaults.

        Args:
            name: one of ``TAKEN``.
            options: further ones, at the end.

        Raises:
            KeyError: no such command is ever printed.
        """
        taken = self._taken(name)
        if name != "ui" and self.file is None:
            return python_call(name, taken | _read(options))
        file = () if self.file is None or name == "ui" else (f"./{self.file}" if self.file[:1] == "-" else self.file,)
        return shlex.join(("ablation", name, *file, *_words(taken), *options))

    def again(self, *options: str) -> str:
        """The command that runs the same plan again."""
        return self.command(COMMANDS[self.purpose], *options)

    def mending(self, remedy: Remedy) -> str:
        """The command that mends something; empty where none does."""
        if remedy.kind == "tune":
            return self.command("tune", *remedy.options)
        return self.again(*remedy.options) if remedy.kind in ("run", "renew") else ""

    def _taken(self, name: str) -> dict[str, Any]:
        """The options that a command takes of this and that are not its defaults, by their names in Python."""
        options = {option: getattr(self, option) for option in TAKEN[name] if option not in ("confirmed", "replicates")}
        if "replicates" in TAKEN[name] and self._counts_for(name):
            options["replicates"] = self.replicates
        if "confirmed" in TAKEN[name] and self.purpose == "confirm":
            options["confirmed"] = True
        changed = {option for option, value in options.items() if value != _DEFAULTS.get(option)}
        return {option: options[option] for option in _ORDER if option in changed}

    def _counts_for(self, name: str) -> bool:
        """Whether a command takes this number of replicates, and would take another one by default."""
        own = COMMANDS[self.purpose] == name or (name == "plan" and self.purpose == "ladder")
        return own and self.replicates not in (None, DEFAULT_REPLICATES.get(name))


_DEFAULTS: Mapping[str, Any] = {
    "overrides": (),
    "without": (),
    "untuned": False,
    "device": DEFAULT_DEVICE,
    "store": DEFAULT_STORE,
    "track": True,
}
"""Of the options that have another default than None."""
_ORDER = (
    *("overrides", "replicates", "without", "confirmed", "untuned"),
    *("device", "store", "storage", "tracking_uri", "track"),
)
"""In which options are printed."""


def _words(options: Mapping[str, Any]) -> Iterator[str]:
    """Options as the words of a command line."""
    for name, value in options.items():
        option = "--set" if name == "overrides" else f"--{name.replace('_', '-')}"
        if isinstance(value, tuple):
            for entry in value:
                yield from (option, entry)
        elif isinstance(value, bool):
            yield option if value else option.replace("--", "--no-")
        else:
            yield from (option, str(value))


def _read(words: Sequence[str]) -> dict[str, Any]:
    """The options that words of a command line stand for: True, a text, or the number of trials."""
    options: dict[str, Any] = {}
    for word, value in pairwise((*words, "--")):
        if word.startswith("--"):
            options[word.removeprefix("--").replace("-", "_")] = True if value.startswith("--") else value
    return {name: int(value) if name == "trials" else value for name, value in options.items()}
