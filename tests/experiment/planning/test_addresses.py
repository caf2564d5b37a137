from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.experiment.planning import addresses, source_hashes
from ablation.experiment.planning.addresses import (
    CORE_VERSION,
    address_basis,
    adjust_address,
    average_address,
    latency_address,
    predict_template,
    train_template,
)
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.source_hashes import sources
from ablation.recipe.corruption.blur import Blur
from ablation.recipe.corruption.gaussian_noise import GaussianNoise
from ablation.recipe.merge import flattened, merged
from ablation.recipe.recipe import Recipe

Hashes = Callable[[Mapping[str, str]], dict[str, str]]


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a training depends on besides its recipe."""

    seed: int
    replicate: int
    member: int
    fingerprints: Mapping[int, str]
    split: str
    platform: Mapping[str, str]
    folder: Path
    execution: int = 0


SETTING = Setting(
    seed=1,
    replicate=2,
    member=0,
    fingerprints=dict.fromkeys((8, 32, 64, 224), "f" * 64),
    split="5" * 64,
    platform={"torch": "1.0", "device": "cpu"},
    folder=Path("nowhere"),
)
RICH: dict[str, Any] = {
    "data": {"source": "digits"},
    "model": {"backbone": {"name": "small_cnn"}, "head": {"name": "linear"}},
    "loss": {"name": "focal"},
    "augment": {"name": "basic"},
    "mix": {"name": "mixup"},
    "balance": {"class_weights": "balanced"},
    "optimizer": {"name": "adamw"},
    "schedule": {"name": "onecycle"},
    "train": {"keep": "best"},
}
OTHER: dict[str, Any] = {
    "model.backbone.name": "resnet18",
    "model.backbone.width": 8,
    "model.weights": "other.pt",
    "model.head.name": "bn_mlp",
    "model.trainable": "head",
    "model.attention": "spatial",
    "model.init": "xavier_uniform",
    "model.bn_momentum": 0.2,
    "optimizer.name": "adam",
    "optimizer.backbone_lr": 1e-5,
    "optimizer.decay_norm_and_bias": False,
    "loss.name": "cross_entropy",
    "augment.name": "enhanced",
    "mix.name": "cutmix",
    "schedule.name": "cosine",
    "schedule.span": "all",
    "schedule.momentum": None,
    "schedule.anneal": "linear",
    "balance.class_weights": "none",
    "balance.sampling": "weighted",
    "balance.least": 0.7,
    "balance.most": 1.3,
    "train.clip_norm": 1.0,
    "train.ema": {"decay": 0.9},
    "train.early_stopping": {"patience": 3},
    "train.keep": "last",
    "train.keep_by": "accuracy",
    "train.precision": "bf16",
    "train.memory_format": "channels_last",
    "train.deterministic": True,
}
"""Another value of every setting that ``nudged`` cannot move."""


def recipe(**sections: Any) -> Recipe:
    return Recipe.model_validate(merged(RICH, sections))


def train_address(which: Recipe, setting: Setting, epochs: int | None = None, before: str | None = None) -> str:
    own = {"replicate": setting.replicate, "member": setting.member, "split": setting.split, "before": before}
    common = (setting.seed, setting.fingerprints, setting.platform, setting.folder, setting.execution)
    return train_template(which, epochs or which.train.epochs, *common).address(own)


def predict_address(
    train: str, split: str, which: Recipe, positive: int | None, folder: Path, corruption: Any = None
) -> str:
    return predict_template(which, positive, folder, corruption).address({"train": train, "split": split})


def nudged(value: Any) -> Any:
    """A number a little larger, each of a list too."""
    if isinstance(value, list):
        return [nudged(each) for each in value]
    return value + 1 if isinstance(value, int) else value * 0.9 + 0.001


def nested(path: str, value: Any) -> dict[str, Any]:
    for key in reversed(path.split(".")):
        value = {key: value}
    return value  # type: ignore[no-any-return]


def settings_that_train() -> list[str]:
    sections = recipe().model_dump(mode="json", exclude={"data", "inference", "phases"})
    return list(flattened(sections))


@pytest.fixture
def without_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """No code counts, so that only what is given does."""
    monkeypatch.setattr(addresses, "sources", lambda used, folder: {})


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hashes]:
    """Writes the files of a user's own loss and gives the hashes of its code."""
    package = f"own_{tmp_path.name}"
    monkeypatch.syspath_prepend(tmp_path)

    def hashes(files: Mapping[str, str]) -> dict[str, str]:
        for name in [name for name in sys.modules if name.partition(".")[0].startswith(package)]:
            del sys.modules[name]
        source_hashes._reached.cache_clear()
        source_hashes._imports.cache_clear()
        source_hashes.source_hash.cache_clear()
        for name, text in files.items():
            path = tmp_path / name.replace("OWN", package)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace("OWN", package))
        module = f"{package}.loss" if (tmp_path / package).is_dir() else package
        loss = recipe(loss={"name": f"{module}:Own"}).loss
        return {name.replace(package, "OWN"): code for name, code in sources([loss], tmp_path).items()}

    yield hashes
    for name in [name for name in sys.modules if name.partition(".")[0].startswith(package)]:
        del sys.modules[name]


LOSS = """
from ablation.recipe.loss.cross_entropy import CrossEntropy


class Own(CrossEntropy):
    name: str

    def build(self, class_weights):
        return super().build(class_weights * 2)
"""


def test_content_is_hashed_whatever_the_order_of_its_keys() -> None:
    assert address({"a": 1, "b": [1.5, None]}) == address({"b": [1.5, None], "a": 1})
    assert address({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # SHA-256 of "{}"


@pytest.mark.usefixtures("without_code")
def test_one_address_is_frozen() -> None:
    fixed = recipe(train={"epochs": 3}, balance={"sampling": "weighted"})
    train = train_address(fixed, SETTING)
    assert train == "4cee9accc0c743fcfc61a487f9b3eee436c558d4052d731159d0601710b71dc4"
    assert (
        predict_address(train, "val", fixed, None, SETTING.folder)
        == "708f4fc19f40ef8052845fb0637c41ffdb3db627f4e5f2d97792503afb0f8f91"
    )
    assert (
        latency_address(fixed, 10, SETTING.platform, "a processor", SETTING.folder)
        == "ce882e5a97e4a3a3fc06ee866c597cc860e6a536c851500bc11373ef272b866e"
    )


@pytest.mark.usefixtures("without_code")
@pytest.mark.parametrize("path", settings_that_train())
def test_every_setting_of_every_section_that_trains_counts(path: str) -> None:
    before = recipe()
    value = OTHER[path] if path in OTHER else nudged(flattened(before.model_dump(mode="json"))[path])
    after = Recipe.model_validate(merged(before.model_dump(mode="json"), nested(path, value)))
    assert train_address(after, SETTING) != train_address(before, SETTING)


@pytest.mark.usefixtures("without_code")
@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"replicate": 3},
        {"member": 1},
        {"fingerprints": {224: "e" * 64}},
        {"split": "6" * 64},
        {"platform": {"torch": "1.1", "device": "cpu"}},
        {"platform": {"torch": "1.0", "device": "cuda sm_90"}},
    ],
)
def test_replicate_data_and_platform_count(change: dict[str, Any]) -> None:
    assert train_address(recipe(), dataclasses.replace(SETTING, **change)) != train_address(recipe(), SETTING)


@pytest.mark.usefixtures("without_code")
def test_the_version_of_the_core_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = train_address(recipe(), SETTING)
    monkeypatch.setattr(addresses, "CORE_VERSION", addresses.CORE_VERSION + 1)
    assert train_address(recipe(), SETTING) != before


@pytest.mark.usefixtures("without_code")
@pytest.mark.parametrize("change", [{"mean": [0.5, 0.5, 0.5]}, {"std": [0.5, 0.5, 0.5]}])
def test_normalisation_counts(change: dict[str, Any]) -> None:
    assert train_address(recipe(data=change), SETTING) != train_address(recipe(), SETTING)


@pytest.mark.usefixtures("without_code")
def test_where_the_images_come_from_and_how_they_were_split_count_by_content_only() -> None:
    other = recipe(data={"source": "folder", "path": "x", "test_size": 7, "limit": 50, "image_size": 32})
    assert train_address(other, SETTING) == train_address(recipe(), SETTING)


@pytest.mark.usefixtures("without_code")
def test_inference_counts_for_predictions_and_latency_but_not_for_training() -> None:
    plain, views = recipe(), recipe(inference={"tta": ["identity", "hflip"]})
    assert train_address(plain, SETTING) == train_address(views, SETTING)
    predictions = {
        predict_address(train, split, each, None, SETTING.folder)
        for each in (plain, views)
        for split in ("val", "test")
        for train in ("t" * 64, "u" * 64)
    }
    assert len(predictions) == 8
    assert len({latency_of(each) for each in (plain, views)}) == 2


@pytest.mark.usefixtures("without_code")
def test_what_is_corrupted_or_positive_counts_for_predictions() -> None:
    noise, blur = GaussianNoise(), Blur()
    found = {
        predict_address("t" * 64, "test", recipe(), positive, SETTING.folder, corruption)
        for positive in (None, 0, 1)
        for corruption in (None, noise, blur, GaussianNoise(std=0.3))
    }
    assert len(found) == 12


def test_averages_and_adjustments_count_what_they_are_made_of() -> None:
    tempered = recipe(inference={"calibration": "temperature"})
    found = {
        average_address(["a", "b"], None),
        average_address(["b", "a"], None),
        average_address(["a", "b"], 1),
        adjust_address("a", "b", recipe(), None),
        adjust_address("b", "a", recipe(), None),
        adjust_address("a", "b", tempered, None),
        adjust_address("a", "b", tempered, 1),
    }
    assert len(found) == 7


def phased(**phase: Any) -> Recipe:
    return recipe(phases={"one": {"start": 2, **phase}}, train={"epochs": 4})


@pytest.mark.usefixtures("without_code")
def test_phases_count_by_what_they_do_and_not_by_name() -> None:
    patch = {"loss": {"gamma": 3.0}}
    one = train_address(phased(patch=patch), SETTING)
    named = recipe(phases={"two": {"start": 2, "patch": patch}}, train={"epochs": 4})
    assert train_address(named, SETTING) == one
    others = [
        phased(patch={"loss": {"gamma": 4.0}}),
        phased(patch=patch, start=3),
        phased(patch=patch, start={"epoch": 2, "above": 50}),
        phased(patch=patch, optimizer_state="fresh"),
        phased(patch=patch, ramp={"loss.label_smoothing": {"to": 0.1, "epochs": 2}}),
    ]
    assert len({one, *(train_address(each, SETTING) for each in others)}) == 6


@pytest.mark.usefixtures("without_code")
def test_the_part_before_counts_and_the_whole_length_only_for_a_schedule_over_all_of_it() -> None:
    assert train_address(recipe(), SETTING, before="a") != train_address(recipe(), SETTING, before="b")
    assert train_address(recipe(), SETTING, epochs=50) == train_address(recipe(), SETTING, epochs=60)
    over_all = recipe(schedule={"span": "all"})
    assert train_address(over_all, SETTING, epochs=50) != train_address(over_all, SETTING, epochs=60)


@pytest.mark.usefixtures("without_code")
def test_the_version_of_a_library_counts_where_a_component_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, listed = recipe(), recipe(augment={"name": "transfer"})
    before = [train_address(each, SETTING) for each in (plain, listed)]
    monkeypatch.setattr(source_hashes, "version", lambda name: f"another {name}")
    after = [train_address(each, SETTING) for each in (plain, listed)]
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)


def latency_of(which: Recipe, classes: int = 10, processor: str = "one") -> str:
    return latency_address(which, classes, SETTING.platform, processor, SETTING.folder)


@pytest.mark.usefixtures("without_code")
def test_latency_counts_what_the_model_is_and_runs_on_and_not_how_it_was_trained() -> None:
    same = recipe(loss={"name": "cross_entropy"}, train={"epochs": 9}, model={"weights": "other.pt"})
    assert latency_of(same) == latency_of(recipe())
    others = [
        latency_of(recipe(model={"backbone": {"width": 8}})),
        latency_of(recipe(data={"image_size": 32})),
        latency_of(recipe(train={"threads": 2})),
        latency_of(recipe(), classes=3),
        latency_of(recipe(), processor="another"),
    ]
    assert len({latency_of(recipe()), *others}) == 6


@pytest.mark.usefixtures("without_code")
@given(st.floats(1e-9, 1e3), st.floats(1e-9, 1e3))
def test_two_learning_rates_share_an_address_only_if_they_are_equal(one: float, other: float) -> None:
    first, second = (train_address(recipe(optimizer={"lr": lr}), SETTING) for lr in (one, other))
    assert (first == second) == (one == other)


def test_weights_from_a_file_count_by_content_and_not_by_path(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(b"1")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.pt").write_bytes(b"1")
    (tmp_path / "c.pt").write_bytes(b"2")
    setting = dataclasses.replace(SETTING, folder=tmp_path)
    one, same, other, absolute = (
        train_address(recipe(model={"weights": path}), setting)
        for path in ("a.pt", "sub/b.pt", "c.pt", str(tmp_path / "a.pt"))
    )
    assert one == same == absolute != other
    (tmp_path / "a.pt").write_bytes(b"three")
    assert train_address(recipe(model={"weights": "a.pt"}), setting) not in (one, other)


def test_the_code_of_every_component_in_use_counts_and_no_others() -> None:
    used = sources([recipe().loss, recipe().model], SETTING.folder)
    assert {"ablation.recipe.loss.focal", "ablation.recipe.loss.targets", "ablation.recipe.loss"} <= used.keys()
    assert {"ablation.recipe.model", "ablation.recipe.model.backbones.small_cnn"} <= used.keys()
    assert "ablation.recipe.loss.cross_entropy" not in used
    assert not [name for name in used if name.split(".")[2] not in ("loss", "model")]


def test_the_packages_own_code_counts_in_one_way_wherever_the_experiment_lies() -> None:
    root = Path(addresses.__file__).parents[3]
    assert sources([recipe().loss], root) == sources([recipe().loss], root / "experiments")


def test_comments_docstrings_and_layout_of_a_users_component_do_not_count(own: Hashes) -> None:
    before = own({"OWN.py": LOSS})
    told = LOSS.replace("name: str\n", 'name: str\n    """Which."""\n').replace("* 2)", "*  2)  # twice")
    assert own({"OWN.py": f'"""My loss."""\n{told}'}) == before


def test_the_code_of_a_users_component_counts(own: Hashes) -> None:
    before = own({"OWN.py": LOSS})
    assert own({"OWN.py": LOSS.replace("* 2", "* 3")}).keys() == before.keys()
    assert own({"OWN.py": LOSS.replace("* 2", "* 3")}) != before


@pytest.mark.parametrize("line", ["import OWN_parts", "from OWN_parts import HALF", "from OWN_parts import *"])
def test_a_module_that_a_users_component_imports_from_the_folder_counts(own: Hashes, line: str) -> None:
    before = own(
        {"OWN.py": f"{line}\n{LOSS}", "OWN_parts.py": "import OWN_deep\nHALF = 0.5\n", "OWN_deep.py": "A = 1\n"}
    )
    assert {"OWN", "OWN_parts", "OWN_deep"} <= before.keys()
    after = own({"OWN_deep.py": "A = 2\n"})
    assert {name for name in before if before[name] != after[name]} == {"OWN_deep"}


@pytest.mark.parametrize("line", ["from .parts import HALF", "from . import parts", "import OWN.parts"])
def test_the_modules_of_a_users_package_count(own: Hashes, line: str) -> None:
    found = own({"OWN/__init__.py": "", "OWN/loss.py": f"{line}\n{LOSS}", "OWN/parts.py": "HALF = 0.5\n"})
    assert {"OWN", "OWN.loss", "OWN.parts"} <= found.keys()


def test_an_execution_is_in_the_address_of_a_training_only_when_it_is_not_the_first() -> None:
    again = [train_address(recipe(), dataclasses.replace(SETTING, execution=number)) for number in range(3)]
    assert again[0] == train_address(recipe(), SETTING)
    assert len(set(again)) == 3


PLAIN = Recipe.model_validate({"data": {"source": "digits"}})
FOCAL = Recipe.model_validate({"data": {"source": "digits"}, "loss": {"name": "focal"}})


def test_the_basis_names_the_code_of_every_recipe_but_not_that_of_its_data(tmp_path: Path) -> None:
    plain, both = (address_basis(recipes, {"torch": "1"}, tmp_path) for recipes in ([PLAIN], [PLAIN, FOCAL]))
    assert both["core"] == {"version": str(CORE_VERSION)}
    assert both["versions"]["torch"] == "1"
    assert plain["code"].items() <= both["code"].items()
    assert type(FOCAL.loss).__module__ in set(both["code"]) - set(plain["code"])
    assert not any(name.startswith(("ablation.recipe.data", "ablation.recipe.inference")) for name in both["code"])


def test_the_library_of_a_component_is_among_the_versions(tmp_path: Path) -> None:
    libraries = {name for section in ("loss", "augment", "schedule") for name in getattr(PLAIN, section).libraries}
    versions = address_basis([PLAIN], {}, tmp_path)["versions"]
    assert all(versions[name] == version(name) for name in libraries)
    assert address_basis([FOCAL, PLAIN], {}, tmp_path) == address_basis([PLAIN, FOCAL], {}, tmp_path)
