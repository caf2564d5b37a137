"""The data of an experiment as people check them: counts, channels, the sampler's mix, copies across splits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ablation.core.streams import Streams
from ablation.recipe.balance import draw_order, sampling_weights
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.split import Split
from ablation.recipe.recipe import Recipe
from ablation.reporting.figures import datasheet

_SHOWN = 5


@dataclass(frozen=True)
class DataSheet:
    """What ``ablation data`` shows of the baseline's data under the first replicate.

    Args:
        sheet: labelled images by class.
        counts, channels, mix, copies: as the functions of ``ablation.reporting.figures.datasheet`` give them.
        skipped: names of files that are no images.
    """

    sheet: Figure
    counts: pd.DataFrame
    channels: pd.DataFrame
    mix: pd.DataFrame
    copies: pd.DataFrame
    skipped: tuple[str, ...]


def data_sheet(recipe: Recipe, dataset: Dataset, split: Split, streams: Streams) -> DataSheet:
    """Everything that ``ablation data`` shows."""
    weights = sampling_weights(recipe.balance, split.labels[split.train])
    drawn = draw_order(weights, len(split.train), streams.generator("order", 0))
    return DataSheet(
        sheet=datasheet.contact_sheet(dataset, split),
        counts=datasheet.class_counts(split),
        channels=datasheet.channel_statistics(dataset, split, recipe.data.mean, recipe.data.std),
        mix=datasheet.sampler_mix(split, weights, drawn),
        copies=datasheet.duplicates(dataset, split),
        skipped=dataset.skipped,
    )


def data_text(sheet: DataSheet) -> RenderableType:
    """The sheet without its images."""
    return Group(
        *_section("images by class and split, first replicate", sheet.counts, "{:.0f}"),
        *_section("training images after normalisation (mean 0 and sd 1 are usual)", sheet.channels, "{:.2f}"),
        *_section("classes in one epoch of training", sheet.mix, "{:.0f}"),
        *_skipped(sheet.skipped),
        *_copies(sheet.copies),
    )


def _section(title: str, frame: pd.DataFrame, format: str) -> tuple[Text, Table, Text]:
    """A title, its table and an empty line."""
    numbers = (Column(str(column), justify="right") for column in frame.columns)
    table = Table(str(frame.index.name), *numbers, box=None, padding=(0, 2, 0, 0))
    for name, row in frame.iterrows():
        table.add_row(Text(str(name)), *map(format.format, row))
    return Text(title, style="bold"), table, Text()


def _skipped(skipped: Sequence[str]) -> Iterator[Text]:
    if skipped:
        count = "1 file is no image and was" if len(skipped) == 1 else f"{len(skipped)} files are no images and were"
        yield Text(f"{count} left out: {_first(skipped)}", style="yellow")


def _copies(copies: pd.DataFrame) -> Iterator[Text]:
    if copies.empty:
        yield Text("no image stands in two splits")
        return
    pairs = [f"{row.image} ({row.split}) = {row.copy_of} ({row.copy_split})" for row in copies.itertuples()]
    yield Text(f"{len(copies)} images stand in an earlier split too: {_first(pairs)}", style="yellow")
    yield Text("an image in training and test makes every score too good; remove the copies or group them")


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
