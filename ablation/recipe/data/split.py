"""The splits: which images are train, val and test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ablation.errors import UserError
from ablation.recipe.data import DataSettings
from ablation.recipe.data.classes import DROPPED, check_positive, relabel
from ablation.recipe.data.counts import Counts, allocate, long_tail, portion
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.draw import draw
from ablation.recipe.data.noise import noisy
from ablation.recipe.data.official import SPLIT_NAMES
from ablation.recipe.data.pool import Ids, Pool, check_classes, held_out

SplitProtocol = Literal["fixed_test", "resampled"]


@dataclass(frozen=True, eq=False)
class Split:
    """The images of each split, after ``classes``, ``limit``, ``imbalance``, ``train_fraction`` and ``label_noise``.

    Args:
        train, val, test: positions in the dataset, int64, ascending.
        labels: shape (n,) int64 for all n images of the dataset, positions in ``classes``, -1 for a dropped class; of
            training images with their noise, of all others the true ones.
        classes: names of the classes.
        digest: SHA-256 of the positions and labels of each split.
        confirm: positions of test images that are set aside, none of them in ``test``.
    """

    train: Ids
    val: Ids
    test: Ids
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    digest: str
    confirm: Ids = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def split(
    dataset: Dataset,
    settings: DataSettings,
    protocol: SplitProtocol,
    test_rng: np.random.Generator,
    split_rng: np.random.Generator,
    noise_rng: np.random.Generator,
) -> Split:
    """Split the images, stratified by class, with groups kept whole.

    ``fixed_test``: the test set is the official one, or is drawn by ``test_rng`` alone; only ``limit`` shortens it,
    by ``test_rng`` too, which last draws what ``confirm_size`` sets aside. Validation is the official one, or is drawn
    by ``split_rng``. ``resampled``: official splits are pooled and everything is drawn anew by ``split_rng``.
    ``noise_rng`` alone decides which training labels are wrong, after the training set is fixed.

    Raises:
        UserError: a class is too small for the splits, sizes leave nothing, a group stands in two splits, the positive
            class is not one of two, images are to be set aside from a test set that is redrawn.
    """
    labels, classes = relabel(dataset.labels, dataset.classes, settings.classes)
    check_positive(settings.positive_class, classes)
    fixed = protocol == "fixed_test"
    official = dataset.official if fixed else None
    everything = Pool(np.arange(len(labels)), labels, dataset.groups, official, classes)
    if not fixed:
        test_rng = split_rng
    train, val, test = _dealt(everything.part(labels != DROPPED), settings, test_rng, split_rng)
    train, val, test = _limited(train, val, test, settings.limit, test_rng, split_rng)
    confirm, test = _set_aside(test, settings.confirm_size, fixed, test_rng)
    train = _thinned(train, _training_counts(train, settings), split_rng)
    if settings.label_noise > 0:
        labels = labels.copy()
        labels[train.ids] = noisy(train.labels, len(classes), settings.label_noise, noise_rng)
    parts = (train.ids, val.ids, test.ids, *([confirm.ids] if len(confirm.ids) else []))
    return Split(train.ids, val.ids, test.ids, labels, classes, _digest(labels, *parts), confirm.ids)


def _dealt(
    pool: Pool, settings: DataSettings, test_rng: np.random.Generator, split_rng: np.random.Generator
) -> tuple[Pool, Pool, Pool]:
    """Train, val and test before anything is made smaller."""
    val, pool = _official(pool, "val")
    test, pool = _official(pool, "test")
    if test is None:
        test, pool = held_out(pool, settings.test_size, "test_size", 1 if val else 2, test_rng)
    if val is None:
        val, pool = held_out(pool, settings.val_size, "val_size", 1, split_rng)
    for part, name in zip((pool, val, test), SPLIT_NAMES, strict=True):
        check_classes(part, 1, f"the {name} split")
    _check_groups(pool, val, test)
    return pool, val, test


def _official(pool: Pool, name: str) -> tuple[Pool | None, Pool]:
    """The official split of that name, if there is one, and the rest."""
    if pool.official is None or not (mask := pool.official == name).any():
        return None, pool
    return pool.part(mask), pool.part(~mask)


def _limited(
    train: Pool,
    val: Pool,
    test: Pool,
    limit: int | None,
    test_rng: np.random.Generator,
    split_rng: np.random.Generator,
) -> tuple[Pool, Pool, Pool]:
    """Each split cut to its share of the limit, stratified."""
    sizes = len(train.ids), len(val.ids), len(test.ids)
    if limit is None or limit >= sum(sizes):
        return train, val, test
    classes = len(train.classes)
    if limit < 3 * classes:
        raise UserError(
            f"{limit} images for {classes} classes in 3 splits", place="data.limit", remedy=f"at least {3 * classes}"
        )
    in_test = int(np.clip(round(limit * sizes[2] / sum(sizes)), classes, limit - 2 * classes))
    left = limit - in_test
    in_val = int(np.clip(round(left * sizes[1] / (sizes[0] + sizes[1])), classes, left - classes))
    return (
        _cut(train, left - in_val, split_rng),
        _cut(val, in_val, split_rng),
        _cut(test, in_test, test_rng),
    )


def _cut(pool: Pool, total: int, rng: np.random.Generator) -> Pool:
    return _thinned(pool, allocate(pool.counts, min(total, len(pool.ids))), rng)


def _set_aside(test: Pool, share: float, fixed: bool, rng: np.random.Generator) -> tuple[Pool, Pool]:
    """The test images set aside, and the rest; a share of 0 draws nothing."""
    if share == 0:
        return test.part(np.zeros(len(test.ids), dtype=np.bool_)), test
    if not fixed:
        raise UserError(
            "a test set that is redrawn for each replicate has no images to set aside",
            place="data.confirm_size",
            remedy="protocol: fixed_test, or leave it out",
        )
    images, classes = len(test.ids), len(test.classes)
    wanted = int(np.clip(round(share * images), classes, max(images - classes, classes)))
    return held_out(test, wanted, "confirm_size", 1, rng)


def _thinned(pool: Pool, counts: Counts, rng: np.random.Generator) -> Pool:
    return pool.part(draw(pool.labels, counts, rng))


def _training_counts(train: Pool, settings: DataSettings) -> Counts:
    """Images of each class after ``imbalance`` and ``train_fraction``."""
    counts = long_tail(train.counts, settings.imbalance) if settings.imbalance > 1 else train.counts
    if not counts.all():
        name, largest = train.classes[int(counts.argmin())], train.counts.max()
        raise UserError(
            f"a ratio of {settings.imbalance:g} leaves no image of class {name!r} (largest class: {largest})",
            place="data.imbalance",
            remedy=f"at most {largest}",
        )
    return portion(counts, settings.train_fraction)


def _check_groups(*parts: Pool) -> None:
    """Official splits may break groups; drawn ones never do."""
    for one, other in combinations(parts, 2):
        if one.groups is not None and other.groups is not None and np.intersect1d(one.groups, other.groups).size:
            raise UserError(
                "a group stands in two official splits",
                place="data.group",
                remedy="leave out data.split so that the splits are drawn, or leave out data.group",
            )


def _digest(labels: NDArray[np.int64], *parts: Ids) -> str:
    digest = hashlib.sha256()
    for ids in parts:
        digest.update(len(ids).to_bytes(8, "little"))
        digest.update(ids.astype("<i8").tobytes() + labels[ids].astype("<i8").tobytes())
    return digest.hexdigest()
