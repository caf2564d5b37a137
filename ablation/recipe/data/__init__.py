"""Data: the images, their classes, and their splits.

A source says where images and labels come from; ``prepare`` decodes them once into a uint8 cache (``Dataset``), and
``split`` assigns the images to train, val and test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from ablation.recipe.component import Component
from ablation.recipe.data.classes import ClassSettings
from ablation.recipe.data.decoded import Decoded

Size = Annotated[int, Field(strict=True, ge=1)] | Annotated[float, Field(gt=0, lt=1)]
"""A whole number of images, >= 1, or a share in (0, 1)."""
Spread = Annotated[float, Field(gt=0)]
ClassName = Annotated[str, Field(coerce_numbers_to_str=True)]
"""YAML reads the class 7 as a number."""


class DataSettings(Component, ABC, section=True):
    """Base of all sources. Relative paths are relative to the experiment file's folder, the ``base`` of the methods."""

    key: ClassVar[str] = "source"
    place: ClassVar[str] = "data.path"
    """The setting that an error about the source as a whole points to."""

    source: str
    image_size: int = Field(224, ge=1)
    """Side of the square that every image is resized to, pixels, >= 1."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Mean of red, green and blue that normalisation subtracts, pixel values in [0, 1]; ImageNet's."""
    std: tuple[Spread, Spread, Spread] = (0.229, 0.224, 0.225)
    """Standard deviation of red, green and blue that normalisation divides by, > 0, in the same unit; ImageNet's."""
    test_size: Size = 0.2
    """Images for test: a count >= 1 or a share in (0, 1). An official test split takes precedence."""
    confirm_size: float = Field(0.0, ge=0, le=0.9)
    """Share of the test images set aside for ``ablation confirm``, in [0, 0.9]; no other command predicts them. Every
    class keeps an image on both sides; needs a fixed test set."""
    val_size: Size = 0.2
    """Images for val, out of those that are not test: a count or a share, as for test. An official val split takes
    precedence."""
    train_fraction: float = Field(1.0, gt=0, le=1)
    """Share of every class of the training set that is kept, in (0, 1]; smaller shares are subsets of larger ones."""
    imbalance: float = Field(1.0, ge=1)
    """Largest class over smallest class of a long-tailed training set, >= 1; 1 changes nothing."""
    limit: int | None = Field(None, ge=1)
    """Largest number of images over all splits together, >= 1; every class keeps an image in every split."""
    classes: ClassSettings = ClassSettings()
    """Classes to keep, to drop and to merge."""
    label_noise: float = Field(0.0, ge=0, lt=1)
    """Share of the training labels of every class that is replaced by another class at random, in [0, 1); val and
    test keep the true ones."""
    positive_class: ClassName | None = None
    """Of exactly two classes the one to find, such as a defect, for F1 and the threshold; None: no such class."""

    @abstractmethod
    def files(self, base: Path) -> Iterable[Path]:
        """The files that ``decode`` reads; it runs again if their sizes or times change.

        Raises:
            UserError: the path in the settings does not exist.
        """

    def fetch(self, base: Path) -> None:
        """Download missing files, if the source can."""

    @abstractmethod
    def decode(self, base: Path) -> Decoded:
        """Labels and names of all images, in a fixed order, and an iterable of the images.

        Raises:
            UserError: there is nothing usable.
        """
