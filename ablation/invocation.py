"""The command that would do this again; every command that the product prints is made here.

A run is its file together with what the command line asked for: ``ablation run x.yaml`` after
``ablation run x.yaml --set train.epochs=3`` is another ladder. So messages name a ``Remedy`` or a command, and an
``Invocation`` adds what the command needs to be of the same run.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

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
    """What a user asked for on the command line, as far as the same run needs it.

    ``--jobs`` decides no result, ``--only`` and ``--renew`` say what to do once: none of them is part of it.

    Args:
        file: the experiment file, as it was given.
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

    file: str = "FILE"
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
        """A command line for a POSIX shell: with what the command takes of this invocation, without defaults.

        Args:
            name: one of ``TAKEN``.
            options: further ones, at the end.

        Raises:
            KeyError: no such command is ever printed.
        """
        taken = TAKEN[name]
        file = () if name == "ui" else (f"./{self.file}" if self.file.startswith("-") else self.file,)
        return shlex.join(("ablation", name, *file, *self._options(name, taken), *options))

    def again(self, *options: str) -> str:
        """The command that runs the same plan again."""
        return self.command(COMMANDS[self.purpose], *options)

    def mending(self, remedy: Remedy) -> str:
        """The command that mends something; empty where none does."""
        if remedy.kind == "tune":
            return self.command("tune", *remedy.options)
        return self.again(*remedy.options) if remedy.kind in ("run", "renew") else ""

    def _options(self, name: str, taken: tuple[str, ...]) -> Iterator[str]:
        for override in self.overrides if "overrides" in taken else ():
            yield from ("--set", override)
        if "replicates" in taken and self._counts_for(name):
            yield from ("--replicates", str(self.replicates))
        for rung in self.without if "without" in taken else ():
            yield from ("--without", rung)
        if "confirmed" in taken and self.purpose == "confirm":
            yield "--confirmed"
        if "untuned" in taken and self.untuned:
            yield "--untuned"
        for option, default in _VALUES.items():
            value = getattr(self, option)
            if option in taken and value not in (default, None):
                yield from (f"--{option.replace('_', '-')}", value)
        if "track" in taken and not self.track:
            yield "--no-track"

    def _counts_for(self, name: str) -> bool:
        """Whether a command takes this number of replicates, and would not take it without being told."""
        own = COMMANDS[self.purpose] == name or (name == "plan" and self.purpose == "ladder")
        return own and self.replicates not in (None, DEFAULT_REPLICATES.get(name))


_VALUES: Mapping[str, str | None] = {
    "device": DEFAULT_DEVICE,
    "store": DEFAULT_STORE,
    "storage": None,
    "tracking_uri": None,
}
"""Options with a text, and their defaults."""
