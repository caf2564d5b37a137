"""The learning-rate range test of a row in words."""

from collections.abc import Mapping

from rich.text import Text

from ablation.core.profiling.lr_range import Suggestion
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.recipe.schedule import ScheduleSettings


def lr_text(row: str, suggestion: Suggestion, patch: Mapping[str, float] | None, schedule: ScheduleSettings) -> Text:
    """What the test suggests, as a patch for the experiment file.

    Args:
        row: the variant's name.
        patch: of the optimizer, for the suggested rate; None where none is suggested.
        schedule: may rise to a multiple of the optimizer's rate.
    """
    lines = [suggestion.note] if suggestion.note else []
    if patch is not None:
        lines.append(f"suggested for {row}:  {yaml_flow({'optimizer': dict(patch)})}")
        if (times := schedule.highest) != 1:
            lines.append(f"  under which {schedule.name} rises to {times:g} times as much, {suggestion.lr:.1e}")
    return Text("\n".join(lines), no_wrap=True, overflow="ignore")
