"""The command that would do this again; every command that the product prints is made here.

A run is its file together with the options of the command line: ``ablation run x.yaml`` after
``ablation run x.yaml --set train.epochs=3`` is another ladder. So messages name a ``Remedy`` or a command, and an
``Invocation`` adds the options that make it the same run. No command can name an experiment that was built in Python;
there the command is the call that does the same.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Literal

COMMANDS: Mapping[str, str] = {"ladder": "run", "confirm": "confirm", "calibrate": "calibrate"}
"""The command that runs a plan, by the plan's purpose."""

_TRAINING = ("untuned", "device", "store", "tracking_uri", "track")
TAKEN: Mapping[str, tuple[str, ...]] = {
    "run": ("overrides", "replicates", *_TRAINING),
    "confirm": ("overrides", "replicates", "without", *_TRAINING),
    "calibrate": ("overrides", "replicates", *_TRAINING),
    "plan": ("overrides", "replicates", "untuned", "device", "store"),
    "tune": ("overrides", "device", "store", "storage", "tracking_uri", "track"),
    "status": ("store",),
    "report": ("confirmed", "store"),
    "export": ("confirmed", "store"),
    "ui": ("store", "tracking_uri"),
}
"""For each command that is printed the parts of an invocation that it takes, in the order of printing; all but ``ui``
take the file."""

DEFAULT_STORE = "mlruns"
DEFAULT_DEVICE = "auto"
FEWEST_TO_CONFIRM = 10
"""Replicates of a confirmation, by default and at least."""


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


RUN, RENEW, TUNE = Remedy("run"), Remedy("renew", ("--renew",)), Remedy("tune")
CHANGE, NONE = Remedy("change"), Remedy("none")


@dataclass(frozen=True)
class Invocation:
    """What a user asked for, on the command line or from Python, as far as the same run needs it.

    ``--jobs`` decides no result, ``--only`` and ``--renew`` say what to do once: none of them is part of it.

    Args:
        file: the path of the experiment file; None for an experiment that was built in Python.
        purpose: ``ladder``, ``confirm`` or ``calibrate``; ``replicates`` is the number for this purpose.
        overrides: the ``--set`` texts.
        replicates: None for the file's number.
        without: rungs that a confirmation leaves out.
        untuned: whether the best values of ``tune --each`` are ignored.
        device, store, storage, tracking_uri, track: as in ``ablation.Options`` and ``ablation.Search``.
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

    @property
    def confirmed(self) -> bool:
        """Whether the table is that of a confirmation."""
        return self.purpose == "confirm"

    def command(self, name: str, *options: str) -> str:
        """A command line for a POSIX shell, or the call in Python, without the options that have their default.

        Raises:
            KeyError: the command is not in ``TAKEN``.
        """
        changed = self._changed(name)
        if name == "ui":
            return shlex.join(("ablation", name, *_words(changed), *options))
        if self.file is None:
            return _python_call(name, changed | _read(options))
        file = f"./{self.file}" if self.file.startswith("-") else self.file
        return shlex.join(("ablation", name, file, *_words(changed), *options))

    def again(self, *options: str) -> str:
        """The command that runs the same plan again."""
        return self.command(COMMANDS[self.purpose], *options)

    def mending(self, remedy: Remedy) -> str:
        """The command that mends something; empty where none does."""
        if remedy.kind == "tune":
            return self.command("tune", *remedy.options)
        return self.again(*remedy.options) if remedy.kind in ("run", "renew") else ""

    def _changed(self, name: str) -> dict[str, Any]:
        """The options that a command takes and that differ from its defaults, by their names in Python."""
        options = {option: getattr(self, option) for option in TAKEN[name]}
        default = FEWEST_TO_CONFIRM if name == "confirm" else None
        if COMMANDS[self.purpose] != ("run" if name == "plan" else name) or self.replicates == default:
            options.pop("replicates", None)  # another purpose's number, or the default
        return {option: value for option, value in options.items() if value != _DEFAULTS[option]}


_DEFAULTS: Mapping[str, Any] = {"confirmed": False, **{field.name: field.default for field in fields(Invocation)}}


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


_OF_OPTIONS = {"store": "root", "device": "device", "tracking_uri": "tracking_uri", "track": "track"}
"""Arguments of ``ablation.Options``, by the option of the command line."""
_OF_SEARCH = ("trials", "minutes", "each", "study", "storage")
"""Arguments of ``ablation.Search``."""


def _python_call(name: str, options: Mapping[str, Any]) -> str:
    """The call of the function that does what the command of its name does under some options."""
    own = {key: value for key, value in options.items() if key not in (*_OF_OPTIONS, *_OF_SEARCH, "confirmed")}
    if options.get("confirmed"):
        own["purpose"] = "confirm"
    arguments = ["experiment", *([_keywords(own)] if own else [])]
    if search := {key: options[key] for key in _OF_SEARCH if key in options}:
        arguments.append(f"search=ablation.Search({_keywords(search)})")
    if how := {argument: options[key] for key, argument in _OF_OPTIONS.items() if key in options}:
        arguments.append(f"options=ablation.Options({_keywords(how)})")
    return f"ablation.{name}({', '.join(arguments)})"


def _keywords(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
