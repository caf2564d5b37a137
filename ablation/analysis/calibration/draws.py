"""Draws comparisons of a few replicates on a few test images from stored runs; the true gain is that of all the runs.

The stored replicates and test images are the population, and draws from them are made without replacement; ``shares``
estimates the uncertainty of a share of draws.

The mean of k replicates drawn from K varies less about the mean of all K than about that of an infinite population: its
variance is smaller by the factor 1 - k/K, and likewise for n images of N. An interval for an infinite population would
cover too often. Therefore the truth is moved away from each draw: the draw's mean effect of its replicates (a
replicate's mean over all images, less the mean of all) counts 1 / sqrt(1 - k/K) times, that of its images
1 / sqrt(1 - n/N) times. The remaining noise of single predictions then has the variance of an infinite population to
within one part in K N. This corrects variances, not shapes; at most half of the runs or images are drawn.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ablation.analysis.calibration.intervals import Bounds, ExampleVariance, IntervalName, Intervals
from ablation.analysis.calibration.shares import Population, Positions
from ablation.analysis.comparison.arms import Arm, Numbers

_SCORES_AT_ONCE = 4_000_000
"""Number of scores held in memory at a time."""

_FEWEST_OF_CLASS = 2
"""Test images drawn of each class where classes are strata: a single one has no variance."""


@dataclass(frozen=True, eq=False)
class DrawnComparisons:
    """Intervals of the drawn comparisons, the table's own first.

    Args:
        truth: (draws,), the value that each interval should cover, moved as described above.
        populations: those that were drawn from.
        images: number of test images of each comparison; None where single images have no score.
    """

    bounds: dict[IntervalName, Bounds]
    truth: Numbers
    populations: tuple[Population, ...]
    images: int | None


@dataclass(frozen=True, eq=False)
class StoredArms:
    """Two arms of stored runs to draw comparisons from: the baseline, of K replicates, and the arm compared with it."""

    old: Arm
    new: Arm
    intervals: Intervals

    @property
    def replicates(self) -> int:
        return len(self.old.values)

    @property
    def images(self) -> int | None:
        """Number of test images; None where single images have no score."""
        return None if self.old.examples is None else self.old.examples.shape[1]

    @property
    def gain(self) -> float:
        """The truth: new minus old over all replicates and test images."""
        return float(self.new.values.mean() - self.old.values.mean())

    def null_draws(self, k: int, images: int | None, draws: int, generator: np.random.Generator) -> DrawnComparisons:
        """Compares k replicates of the baseline with k others, so that every difference is false.

        Args:
            images: number of test images drawn, at least two of each class; None for all.
        """
        rows = _distinct(generator, draws, self.replicates, 2 * k)
        same = dataclasses.replace(self, new=self.old)
        drawn = same._drawn(rows[:, :k], rows[:, k:], (rows,), images, generator)
        return dataclasses.replace(drawn, truth=np.zeros(draws))

    def paired_draws(self, k: int, images: int | None, draws: int, generator: np.random.Generator) -> DrawnComparisons:
        """Compares new with old, with the same k replicates."""
        rows = _distinct(generator, draws, self.replicates, k)
        return self._drawn(rows, rows, (rows,), images, generator)

    def unpaired_draws(
        self, k: int, images: int | None, draws: int, generator: np.random.Generator
    ) -> DrawnComparisons:
        """Compares new with old, with k replicates of each, drawn independently."""
        new, old = (_distinct(generator, draws, self.replicates, k) for _ in range(2))
        return self._drawn(new, old, (new, old), images, generator)

    def _drawn(
        self,
        new: Positions,
        old: Positions,
        rows: Sequence[Positions],
        images: int | None,
        generator: np.random.Generator,
    ) -> DrawnComparisons:
        """Compares the replicates ``new`` and ``old`` (draws, k) of each draw; ``rows`` are all that were drawn."""
        columns = self._columns(generator, len(new), images)
        populations = [Population(each, self.replicates) for each in rows]
        if columns is not None:
            populations.append(Population(columns, self.images or 0))
        bounds, truth = self._bounds(new, old, columns, generator), self._truth(new, old, columns)
        number = self.images if columns is None else columns.shape[1]
        return DrawnComparisons(bounds, truth, tuple(populations), number)

    @property
    def _classes(self) -> Positions:
        """The stratum of each test image, from 0 on."""
        strata = self.old.strata if self.old.strata is not None else np.zeros(self.images or 0)
        positions: Positions = np.unique(strata, return_inverse=True)[1]
        return positions

    def _columns(self, generator: np.random.Generator, draws: int, images: int | None) -> Positions | None:
        """The test images of each draw, sorted by class; None for all."""
        if images is None or self.images is None:
            return None
        members = [np.flatnonzero(self._classes == each) for each in np.unique(self._classes)]
        counts = allotted([len(of_class) for of_class in members], images)
        return np.concatenate(
            [each[_distinct(generator, draws, len(each), n)] for each, n in zip(members, counts, strict=True)], axis=1
        )

    def _truth(self, new: Positions, old: Positions, columns: Positions | None) -> Numbers:
        """(draws,), the gain, moved away from each draw by the correction for a finite population."""
        further = 1 / math.sqrt(1 - new.shape[1] / self.replicates) - 1
        of_new, of_old = (arm.values - arm.values.mean() for arm in (self.new, self.old))
        of_rows = of_new[new].mean(axis=1) - of_old[old].mean(axis=1)
        truth: Numbers = self.gain - further * of_rows
        return truth if columns is None else truth - self._images_part(columns)

    def _images_part(self, columns: Positions) -> Numbers:
        """(draws,), the correction of the truth for a finite number of images of each class."""
        assert self.new.examples is not None
        assert self.old.examples is not None
        classes, effects = self._classes, (self.new.examples - self.old.examples).mean(axis=0)
        totals, sizes = np.bincount(classes, effects), np.bincount(classes)
        left = 1 - np.bincount(classes[columns[0]]) / sizes
        further = np.divide(1, np.sqrt(left), out=np.ones(len(left)), where=left > 0) - 1
        moved = (effects - (totals / sizes)[classes]) * further[classes]
        part: Numbers = (moved[columns] * self._weights(columns)).mean(axis=1)
        return part

    def _weights(self, columns: Positions) -> Numbers:
        """(n,), weights that restore the classes' proportions where a draw takes different shares of them."""
        classes = self._classes
        drawn, sizes = np.bincount(classes[columns[0]]), np.bincount(classes)
        ratio = (sizes / len(classes)) / (drawn / columns.shape[1])
        weights: Numbers = ratio[classes[columns[0]]]
        return weights

    def _bounds(
        self, new: Positions, old: Positions, columns: Positions | None, generator: np.random.Generator
    ) -> dict[IntervalName, Bounds]:
        batches = []
        for part in self._parts(new, columns):
            values, examples = self._compared(new[part], old[part], None if columns is None else columns[part])
            batches.append(self.intervals.bounds(values, examples, generator))
        sides = {name: zip(*(batch[name] for batch in batches), strict=True) for name in batches[0]}
        return {name: (np.concatenate(lows), np.concatenate(highs)) for name, (lows, highs) in sides.items()}

    def _parts(self, rows: Positions, columns: Positions | None) -> Iterator[slice]:
        """Slices of draws that fit into memory."""
        widths = [each.shape[1] for each in (self.old.examples, self.old.resamples) if each is not None]
        width = columns.shape[1] if columns is not None else max([1, *widths])
        step = max(1, _SCORES_AT_ONCE // (rows.shape[1] * width))
        return (slice(start, start + step) for start in range(0, len(rows), step))

    def _compared(
        self, new: Positions, old: Positions, columns: Positions | None
    ) -> tuple[Numbers, ExampleVariance | None]:
        """The difference of each replicate (m, k), and the variance of the test examples."""
        if self.new.examples is not None and self.old.examples is not None:
            if columns is None:
                columns = np.broadcast_to(np.argsort(self._classes, kind="stable"), (len(new), self._classes.size))
            taken = columns[:, None, :]
            scores = self.new.examples[new[:, :, None], taken] - self.old.examples[old[:, :, None], taken]
            scores *= self._weights(columns)
            sizes = np.bincount(self._classes[columns[0]])
            return scores.mean(axis=2), ExampleVariance.of_images(scores, sizes.tolist())
        values: Numbers = self.new.values[new] - self.old.values[old]
        if self.new.resamples is None or self.old.resamples is None:
            return values, None
        resamples = self.new.resamples[new] - self.old.resamples[old]
        return values, ExampleVariance.of_resamples(resamples, self.new.examples_df)


def allotted(sizes: Sequence[int], total: int) -> list[int]:
    """Returns the number to draw of each class: proportional to the sizes, at least two with several classes."""
    if len(sizes) == 1:
        return [total]
    exact = np.asarray(sizes) * total / sum(sizes)
    counts = np.floor(exact).astype(np.int64)
    most_left = np.argsort(counts - exact, kind="stable")
    counts[most_left[: total - int(counts.sum())]] += 1
    return [int(count) for count in np.maximum(counts, _FEWEST_OF_CLASS)]


def _distinct(generator: np.random.Generator, draws: int, size: int, count: int) -> Positions:
    """(draws, count), distinct random positions below size."""
    step = max(1, _SCORES_AT_ONCE // size)
    parts = [
        np.argsort(generator.random((min(step, draws - start), size), dtype=np.float32), axis=1)[:, :count].copy()
        for start in range(0, draws, step)
    ]
    return np.concatenate(parts)
