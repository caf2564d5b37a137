"""Plans for the stand-in core: any number of variants and replicates, no torch, no data."""

from __future__ import annotations

from ablation.experiment.config.promise_values import Promise
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import DesignPoint, Plan, Run, Rung, Variant
from ablation.stage import Stage


def standin_plan(
    variants: int = 3, replicates: int = 2, epochs: int = 3, pause: float = 0.0, fail: str = "", salt: str = ""
) -> Plan:
    """A ladder of ``variants`` rows; the last shares the training of the one before it. ``fail`` fails the second."""
    names = ["baseline", *(f"+ rung {number}" for number in range(1, variants))]
    stages: dict[str, Stage] = {}
    runs = []
    for replicate in range(replicates):
        for number, name in enumerate(names):
            trained = min(number, variants - 2)
            runs.append(
                _run(name, number, trained, replicate, epochs, pause, fail if number == 1 else "", salt, stages)
            )
    rungs = tuple(
        Rung(
            f"rung {number}",
            (Promise("accuracy", "gain", 1.0, 2.0, "a document"),),
            ((f"train.rung{number}", "off", "on"),),
        )
        for number in range(1, variants)
    )
    recipes = [{"train": {"epochs": epochs}, "rungs": number} for number in range(variants)]
    return Plan(
        name="standin",
        key=address({"standin": salt}),
        parent_key=address({"ladder": "standin"}),
        metric="accuracy",
        margin=1.0,
        alpha=0.05,
        protocol="fixed_test",
        seed=0,
        replicates=replicates,
        designs=("ladder",),
        looks=(),
        promises=(),
        target=None,
        design_points=tuple(
            DesignPoint(
                "ladder", tuple(rung.name for rung in rungs[:number]), name.removeprefix("+ ") if number else "", name
            )
            for number, name in enumerate(names)
        ),
        overrides=(),
        rungs=rungs,
        variants=tuple(
            Variant(name, tuple(rung.name for rung in rungs[:number]), ("ladder",), recipe, address(recipe))
            for number, (name, recipe) in enumerate(zip(names, recipes, strict=True))
        ),
        ladder_rows=tuple(names),
        left_out={},
        corruptions=(),
        runs=tuple(runs),
        stages=stages,
        dataset={
            "name": "standin",
            "fingerprint": "f" * 64,
            "classes": ["a", "b", "c"],
            "counts": {"train": [10, 10, 10], "val": [14, 13, 13], "test": [14, 13, 13]},
        },
        environment={"torch": "none"},
        notices=(),
    )


def _run(
    name: str, number: int, trained: int, replicate: int, epochs: int, pause: float, fail: str, salt: str,
    stages: dict[str, Stage],
) -> Run:  # fmt: skip
    task = {
        "recipe": {
            "train": {"epochs": epochs},
            "data": {"image_size": 8},
            **{name: {} for name in ("model", "augment", "optimizer", "phases")},
        },
        "first": 0,
        "folder": "/nowhere",
        "salt": f"{salt}{trained}/{replicate}",
        "pause": pause,
        "fail": fail,
    }
    train = address({"train": task["salt"], "epochs": epochs})
    val, test = (address({"predict": train, "split": split, "number": number}) for split in ("val", "test"))
    latency = address({"latency": trained})
    for stage in (
        Stage(train, "train", task, {}, work=10.0 * epochs),
        Stage(val, "predict", task | {"split": "val"}, {"weights": train}, work=0.0),
        Stage(test, "predict", task | {"split": "test"}, {"weights": train}, work=0.0),
        Stage(latency, "latency", task | {"classes": 3}, {}, work=0.0),
    ):
        stages.setdefault(stage.address, stage)
    return Run(
        variant=name,
        replicate=replicate,
        address=address({"run": [train, val, test]}),
        parts=(train,),
        val=val,
        test=test,
        corrupted={},
        needed=(train, val, test),
        latencies=(latency,),
    )
