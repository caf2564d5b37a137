"""The learning-rate range test of a row in words."""

from collections.abc import Iterator, Mapping

from rich.text import Text

from ablation.core.profiling.lr_range import Suggestion
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.recipe.schedule import ScheduleSettings


def lr_text(row: str, found: Suggestion, patch: Mapping[str, float] | None, schedule: ScheduleSettings) -> Text:
    """What the test suggests, as a patch for the experiment file.

    Args:
        row: the variant's name.
        patch: of the optimizer, for the suggested rate; None where none is suggested.
        schedule: may rise to a multiple of the optimizer's rate.
    """
    return Text("\n".join(_lines(row, found, patch, schedule)), no_wrap=True, overflow="ignore")


def _lines(row: str, found: Suggestion, patch: Mapping[str, float] | None, schedule: ScheduleSettings) -> Iterator[str]:
    if found.note:
        yield found.note
    if patch is not None:
        yield f"suggested for {row}:  {yaml_flow({'optimizer': dict(patch)})}"
        if (times := schedule.highest) != 1:
            yield f"  under which {schedule.name} rises to {times:g} times as much, {found.lr:.1e}"
