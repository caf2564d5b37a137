from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.digits import Digits
from ablation.recipe.data.split import Split, SplitProtocol, split

LABELS = np.repeat([0, 1, 2], [200, 100, 40])


def dealt(
    dataset: Dataset, protocol: SplitProtocol = "fixed_test", seeds: tuple[int, ...] = (0, 1), **given: Any
) -> Split:
    test, rest, noise = (np.random.default_rng(seed) for seed in (*seeds, 2)[:3])
    return split(dataset, Digits(**given), protocol, test, rest, noise)


def counts(found: Split, name: str) -> list[int]:
    return np.bincount(found.labels[getattr(found, name)], minlength=len(found.classes)).tolist()


def test_shares_are_exact_in_every_class(make_dataset: Any) -> None:
    found = dealt(make_dataset(LABELS), test_size=0.25, val_size=0.2)
    assert (counts(found, "test"), counts(found, "val"), counts(found, "train")) == (
        [50, 25, 10],
        [30, 15, 6],
        [120, 60, 24],
    )


@pytest.mark.parametrize("protocol", ["fixed_test", "resampled"])
def test_every_image_stands_in_one_split_in_rising_order(make_dataset: Any, protocol: SplitProtocol) -> None:
    found = dealt(make_dataset(LABELS), protocol)
    joined = np.concatenate([found.train, found.val, found.test])
    assert sorted(joined) == list(range(len(LABELS)))
    assert all((np.diff(ids) > 0).all() and ids.dtype == np.int64 for ids in (found.train, found.val, found.test))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(3, 60), min_size=2, max_size=6),
    test=st.floats(0.05, 0.5),
    val=st.floats(0.05, 0.5),
    fraction=st.floats(0.05, 1),
    room=st.none() | st.integers(0, 60),
    seed=st.integers(0, 1000),
)
def test_every_class_keeps_an_image_in_every_split(
    make_dataset: Any, sizes: list[int], test: float, val: float, fraction: float, room: int | None, seed: int
) -> None:
    limit = None if room is None else 3 * len(sizes) + room
    dataset = make_dataset(np.repeat(np.arange(len(sizes)), sizes))
    try:
        found = dealt(dataset, seeds=(seed, seed), test_size=test, val_size=val, train_fraction=fraction, limit=limit)
    except UserError as refusal:
        assert refusal.place in ("data.test_size", "data.val_size")  # noqa: PT017
        return
    assert min(counts(found, "train") + counts(found, "val") + counts(found, "test")) >= 1
    assert limit is None or len(found.train) + len(found.val) + len(found.test) <= limit


@pytest.mark.parametrize("other", [{"train_fraction": 0.3}, {"imbalance": 4.0}, {"val_size": 0.4}])
def test_the_fixed_test_set_depends_on_its_own_stream_only(make_dataset: Any, other: dict[str, float]) -> None:
    base, changed = dealt(make_dataset(LABELS)), dealt(make_dataset(LABELS), seeds=(0, 99), **other)
    assert (base.test == changed.test).all()
    assert set(base.train) != set(changed.train)
    assert set(dealt(make_dataset(LABELS), seeds=(5, 1)).test) != set(base.test)


@pytest.mark.parametrize("other", [{"train_fraction": 0.3}, {"imbalance": 10.0}])
def test_thinning_the_training_set_touches_no_other_split(make_dataset: Any, other: dict[str, float]) -> None:
    base, thinned = dealt(make_dataset(LABELS)), dealt(make_dataset(LABELS), **other)
    assert (base.val == thinned.val).all()
    assert set(thinned.train) < set(base.train)


def test_a_resampled_test_set_follows_the_split_stream(make_dataset: Any) -> None:
    dataset = make_dataset(LABELS)
    assert (dealt(dataset, "resampled", (0, 1)).test == dealt(dataset, "resampled", (9, 1)).test).all()
    assert set(dealt(dataset, "resampled", (0, 1)).test) != set(dealt(dataset, "resampled", (0, 2)).test)


def test_half_the_training_set_is_half_of_every_class(make_dataset: Any) -> None:
    whole, half = (counts(dealt(make_dataset(LABELS), train_fraction=share), "train") for share in (1, 0.5))
    assert all(abs(part - full / 2) <= 0.5 for part, full in zip(half, whole, strict=True))


def test_a_smaller_fraction_is_a_subset_of_a_larger(make_dataset: Any) -> None:
    small, large = (dealt(make_dataset(LABELS), train_fraction=share) for share in (0.2, 0.6))
    assert set(small.train) < set(large.train)


def test_imbalance_gives_the_published_long_tail(make_dataset: Any) -> None:
    found = dealt(make_dataset(np.repeat(np.arange(3), 300)), test_size=100 * 3, val_size=100 * 3, imbalance=100)
    assert counts(found, "train") == [100, 10, 1]
    assert counts(found, "val") == counts(found, "test") == [100, 100, 100]


def test_a_limit_is_shared_by_the_splits_and_the_classes(make_dataset: Any) -> None:
    found = dealt(make_dataset(LABELS), limit=170, test_size=0.2, val_size=0.25)
    assert [len(found.train), len(found.val), len(found.test)] == [102, 34, 34]
    assert counts(found, "test") == [20, 10, 4]
    assert set(found.test) < set(dealt(make_dataset(LABELS), test_size=0.2).test)


def test_official_splits_are_used_as_they_are(make_dataset: Any) -> None:
    labels, official = np.tile([0, 1], 30), np.repeat(["train", "val", "test"], [36, 12, 12])
    found = dealt(make_dataset(labels, official))
    assert [ids.tolist() for ids in (found.train, found.val, found.test)] == [
        list(range(36)),
        list(range(36, 48)),
        list(range(48, 60)),
    ]
    assert set(dealt(make_dataset(labels, official), "resampled").test) & set(range(36))


def test_what_the_source_does_not_split_is_drawn_from_its_training_set(make_dataset: Any) -> None:
    labels = np.tile([0, 1], 30)
    for own, drawn in (("test", "val"), ("val", "test")):
        found = dealt(make_dataset(labels, np.repeat(["train", own], [40, 20])), val_size=10, test_size=10)
        assert getattr(found, own).tolist() == list(range(40, 60))
        assert len(getattr(found, drawn)) == 10
        assert len(found.train) == 30


@pytest.mark.parametrize("protocol", ["fixed_test", "resampled"])
def test_no_group_stands_in_two_splits(make_dataset: Any, rng: np.random.Generator, protocol: SplitProtocol) -> None:
    groups = rng.integers(0, 60, len(LABELS))
    found = dealt(make_dataset(LABELS, groups=groups), protocol)
    parts = [set(groups[ids]) for ids in (found.train, found.val, found.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(np.unique(groups))
    assert 0.12 < len(found.test) / len(LABELS) < 0.28


def test_dropped_classes_are_in_no_split(make_dataset: Any) -> None:
    found = dealt(make_dataset(LABELS), classes={"drop": ["b"]})
    assert found.classes == ("a", "c")
    assert set(found.labels[np.concatenate([found.train, found.val, found.test])]) == {0, 1}
    assert (found.labels == -1).sum() == 100


def test_the_digest_distinguishes_splits_and_not_equal_ones(make_dataset: Any) -> None:
    dataset = make_dataset(LABELS)
    assert dealt(dataset).digest == dealt(dataset).digest
    others = [dealt(dataset, seeds=(0, 2)), dealt(dataset, train_fraction=0.9), dealt(dataset, classes={"drop": ["a"]})]
    assert len({dealt(dataset).digest, *(other.digest for other in others)}) == 4


def test_label_noise_changes_training_labels_only_and_moves_no_image(make_dataset: Any) -> None:
    dataset = make_dataset(LABELS)
    clean, noisy = dealt(dataset), dealt(dataset, label_noise=0.25)
    for name in ("train", "val", "test"):
        np.testing.assert_array_equal(getattr(clean, name), getattr(noisy, name))
    changed = np.flatnonzero(clean.labels != noisy.labels)
    assert set(changed) < set(clean.train)
    np.testing.assert_allclose(np.bincount(LABELS[changed]), np.multiply(counts(clean, "train"), 0.25), atol=0.5)
    np.testing.assert_array_equal(dataset.labels, LABELS)


def test_label_noise_follows_its_own_stream_alone(make_dataset: Any) -> None:
    dataset = make_dataset(LABELS)
    base = dealt(dataset, seeds=(0, 1, 2), label_noise=0.3)
    again, other = (dealt(dataset, seeds=(0, 1, seed), label_noise=0.3) for seed in (2, 3))
    np.testing.assert_array_equal(base.labels, again.labels)
    assert (base.labels != other.labels).any()
    assert len({base.digest, other.digest, dealt(dataset).digest}) == 3


def test_without_label_noise_its_stream_is_not_touched(make_dataset: Any) -> None:
    noise = np.random.default_rng(5)
    test, rest = (np.random.default_rng(seed) for seed in (0, 1))
    found = split(make_dataset(LABELS), Digits(), "fixed_test", test, rest, noise)
    assert noise.bit_generator.state == np.random.default_rng(5).bit_generator.state
    assert found.digest == dealt(make_dataset(LABELS), seeds=(0, 1, 99)).digest


@pytest.mark.parametrize("name", ["a", "rest"])
def test_a_positive_class_is_one_of_two_once_classes_are_merged(make_dataset: Any, name: str) -> None:
    given = {"positive_class": name, "classes": {"merge": {"rest": ["b", "c"]}}}
    assert dealt(make_dataset(LABELS), **given).classes == ("a", "rest")


@pytest.mark.parametrize(
    ("given", "place", "message"),
    [
        ({"positive_class": "a"}, "data.positive_class", "3 classes, where a positive class is one of two"),
        (
            {"positive_class": "b", "classes": {"merge": {"rest": ["b", "c"]}}},
            "data.positive_class",
            "no class 'b'\n  known: a, rest",
        ),
        (
            {"positive_class": "resst", "classes": {"merge": {"rest": ["b", "c"]}}},
            "data.positive_class",
            "did you mean 'rest'?",
        ),
        ({"labels": [0] * 20 + [1] * 2}, "data.classes", "'b' has 2 images"),
        ({"test_size": 339}, "data.test_size", "at most 334"),
        ({"test_size": 2}, "data.test_size", "at least 3"),
        ({"val_size": 5000}, "data.val_size", "at most"),
        ({"limit": 8}, "data.limit", "at least 9"),
        ({"imbalance": 10000.0}, "data.imbalance", "no image of class 'c'"),
        ({"groups": [0, 1] * 170}, "data.group", "2 groups, and the splits need 3"),
        (
            {"groups": np.arange(340) // 2, "official": ["train", "test"] * 170},
            "data.group",
            "two official splits",
        ),
        ({"official": ["train"] * 320 + ["test"] * 20}, "data.classes", "'a' has 0 images"),
    ],
)
def test_impossible_splits_are_refused_at_their_place(
    make_dataset: Any, given: dict[str, Any], place: str, message: str
) -> None:
    columns = {name: given[name] for name in ("labels", "official", "groups") if name in given}
    chosen = {name: value for name, value in given.items() if name not in columns}
    with pytest.raises(UserError) as refusal:
        dealt(make_dataset(**{"labels": LABELS} | columns), **chosen)
    assert refusal.value.place == place
    assert message in str(refusal.value)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(10, 60), min_size=2, max_size=5),
    share=st.floats(0.01, 0.9),
    limit=st.none() | st.integers(30, 90),
)
def test_images_set_aside_are_test_images_of_every_class_and_move_no_other(
    make_dataset: Any, sizes: list[int], share: float, limit: int | None
) -> None:
    dataset = make_dataset(np.repeat(np.arange(len(sizes)), sizes))
    given = {"test_size": 0.4, "limit": limit, "label_noise": 0.2}
    whole, aside = dealt(dataset, **given), dealt(dataset, **given, confirm_size=share)
    assert sorted([*aside.test, *aside.confirm]) == whole.test.tolist()
    assert min(counts(aside, "test") + counts(aside, "confirm")) >= 1
    expected = np.multiply(counts(whole, "test"), share)
    assert abs(len(aside.confirm) - expected.sum()) <= len(sizes)
    np.testing.assert_allclose(counts(aside, "confirm"), expected, atol=len(sizes))
    for name in ("train", "val", "labels"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(aside, name))
    assert (np.diff(aside.confirm) > 0).all()
    assert len(whole.confirm) == 0


def test_setting_images_aside_is_in_the_digest_and_setting_none_aside_draws_nothing(make_dataset: Any) -> None:
    generators = [np.random.default_rng(0) for _ in range(3)]
    for generator, share in zip(generators, (0.0, 0.5, 0.5), strict=True):
        split(
            make_dataset(LABELS), Digits(confirm_size=share), "fixed_test", generator,
            np.random.default_rng(1), np.random.default_rng(2),
        )  # fmt: skip
    untouched, *others = (generator.bit_generator.state for generator in generators)
    once = np.random.default_rng(0)
    once.permutation(len(LABELS))  # what drawing the test set takes
    assert untouched == once.bit_generator.state
    assert others[0] == others[1] != untouched
    dataset = make_dataset(LABELS)
    assert len({dealt(dataset).digest, dealt(dataset, confirm_size=0.5).digest}) == 2
    assert dealt(dataset, confirm_size=0.0).digest == dealt(dataset).digest


def test_a_group_stands_in_test_or_is_set_aside_whole(make_dataset: Any, rng: np.random.Generator) -> None:
    groups = rng.integers(0, 60, len(LABELS))
    found = dealt(make_dataset(LABELS, groups=groups), confirm_size=0.4, test_size=0.5)
    assert not set(groups[found.test]) & set(groups[found.confirm])


def test_a_redrawn_test_set_and_a_class_of_one_image_have_nothing_to_set_aside(make_dataset: Any) -> None:
    with pytest.raises(UserError, match=r"data.confirm_size: a test set that is redrawn .*\n.*fixed_test"):
        dealt(make_dataset(LABELS), "resampled", confirm_size=0.5)
    labels, official = np.repeat([0, 1], [20, 20]), np.repeat(["train", "test", "train", "test"], [10, 10, 19, 1])
    with pytest.raises(UserError, match=r"data.classes: .*'b' has 1 image"):
        dealt(make_dataset(labels, official), confirm_size=0.5)
