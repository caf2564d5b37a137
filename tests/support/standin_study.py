"""A study whose trainings are the stand-in core's: any number of trials in milliseconds, with scores that are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from standin_store import finish

from ablation.errors import UserError
from ablation.experiment.planning.hashing import address
from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.experiment.search.study_plan import Study, StudyPlan, Tryout
from ablation.experiment.store.content_store import ContentStore
from ablation.stage import Stage

if TYPE_CHECKING:
    from ablation.tuning.trial_queue import TrialEnd

OWN: Mapping[str, Any] = {"optimizer.lr": 1e-3, "loss.gamma": 2.0}
BEST: Mapping[str, Any] = {"optimizer.lr": 1e-2, "loss.gamma": 3.0}
"""Where ``bowl`` is highest."""

PARAMETERS = (
    Parameter("optimizer.lr", "float", OWN["optimizer.lr"], 1e-4, 1e-1, log=True),
    Parameter("loss.gamma", "float", OWN["loss.gamma"], 0.0, 5.0),
)

Values = Mapping[str, Any]
Score = Callable[[Values, int], float]
"""From values and a replicate."""


def bowl(values: Values, replicate: int = 0) -> float:
    """A score with one best place, 0.9 there, and a hundredth less with each replicate."""
    lr, gamma = values["optimizer.lr"], values["loss.gamma"]
    away = (math.log10(lr) - math.log10(BEST["optimizer.lr"])) ** 2 + (gamma - BEST["loss.gamma"]) ** 2 / 4
    return 0.9 / (1 + away / 4) - 0.01 * replicate


def nothing_fails(values: Values) -> str:
    return ""


def standin_study(
    score: Score = bowl,
    epochs: int = 3,
    pause: float = 0.0,
    fail: Callable[[Values], str] = nothing_fails,
    salt: str = "",
    **changes: Any,
) -> Study:
    """A study of the learning rate and gamma.

    Args:
        fail: what goes wrong in a training by its values, as the stand-in core's tasks say it; ``refuse`` for values
            that make no recipe.
        changes: of its plan.
    """

    def tryouts(values: Values, replicate: int) -> Tryout:
        if fail(values) == "refuse":
            raise UserError("no such recipe", place="loss.gamma", remedy="another one")
        return _tryout({"values": dict(values), "replicate": replicate, "salt": salt}, {
            "recipe": {"train": {"epochs": epochs, "threads": 1}},
            "first": 0,
            "pause": pause,
            "fail": fail(values),
            "score": score(values, replicate),
        })  # fmt: skip

    return Study(
        plan=_plan(epochs, salt, **changes),
        tryouts=tryouts,
        suggest=lambda draw: {each.path: draw(each) for each in PARAMETERS},
        own=OWN,
    )


def _tryout(conditions: Mapping[str, Any], task: Mapping[str, Any]) -> Tryout:
    train = address({"train": conditions, "epochs": task["recipe"]["train"]["epochs"]})
    val = address({"predict": train})
    task = {**task, "salt": train}
    stages = (
        Stage(train, "train", task, {}, work=10.0),
        Stage(val, "predict", task | {"split": "val"}, {"weights": train}, work=0.0),
    )
    return Tryout({stage.address: stage for stage in stages}, train, val)


def _plan(epochs: int, salt: str, **changes: Any) -> StudyPlan:
    conditions = {"data": "f" * 64, "epochs": str(epochs), "salt": salt}
    settings: dict[str, Any] = {
        "name": "standin: baseline",
        "experiment": "standin",
        "row": "baseline",
        "definition": address({"study": conditions}),
        "conditions": conditions,
        "space": SearchSpace(PARAMETERS, ()),
        "sampler": "random",
        "pruner": "none",
        "trials": 6,
        "minutes": None,
        "replicates": 1,
        "metric": "accuracy",
        "seed": 0,
        "epochs": epochs,
    }
    return StudyPlan(**(settings | changes))


class StandinTrialQueue:
    """A queue of one process, that records its events: ``(what, number, ...)``.

    Args:
        values: of its trials, in order.
        prunes: whether a trial is pruned, by its number, the step and the value.
        others: how often nothing can be taken although the study goes on, as other processes hold trials.
    """

    def __init__(
        self, values: list[Values], prunes: Callable[[int, int, float], bool] = lambda *_: False, others: int = 0
    ) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.beats, self.others = 0, others
        self._waiting = list(enumerate(values))
        self._prunes = prunes
        self._held: set[int] = set()

    def take(self) -> Any:
        if not self._waiting:
            self.others = max(0, self.others - 1)
            return None
        number, values = self._waiting.pop(0)
        self._held.add(number)
        self.events.append(("take", number))
        return _Taken(number, values)

    def beat(self) -> None:
        self.beats += 1

    def report(self, taken: Any, step: int, value: float) -> bool:
        self.events.append(("report", taken.number, step, value))
        return self._prunes(taken.number, step, value)

    def hand_in(self, taken: Any, end: TrialEnd) -> None:
        self._held.remove(taken.number)
        more = {"complete": (end.score,), "failed": (end.reason,)}.get(end.status, ())
        self.events.append((end.status, taken.number, *more))

    @property
    def over(self) -> bool:
        return not self._waiting and not self._held and not self.others


class _Taken:
    def __init__(self, number: int, values: Values) -> None:
        self.number, self.values = number, dict(values)


class InlineExecutor:
    """An executor in this process: each step does one stage whole.

    Args:
        last_first: the newest stage that can be done, else the oldest.
    """

    def __init__(self, store: ContentStore, last_first: bool = False) -> None:
        self._store, self._last_first = store, last_first
        self._jobs: dict[str, Stage] = {}
        self.failures: dict[str, str] = {}

    @property
    def idle(self) -> bool:
        return not self._jobs

    def add(self, stages: Mapping[str, Stage]) -> None:
        self._jobs |= {address: stage for address, stage in stages.items() if not self._store.has(address)}

    def stop(self, address: str) -> None:
        self._jobs.pop(address, None)

    def step(self) -> None:
        ready = [stage for stage in self._jobs.values() if all(map(self._store.has, stage.needs.values()))]
        if not ready:
            return
        stage = self._jobs.pop(ready[-1 if self._last_first else 0].address)
        try:
            finish([stage], self._store)
        except ValueError as error:
            self.failures[stage.address] = f"a traceback\nValueError: {error}"
