"""Help that lists the metrics; they are imported only where help is asked for."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperOption

OWN = "class_accuracy/<class>, or your own by import path from the file's folder, such as my_metrics:KAPPA"


class ListsMetrics(TyperCommand):
    """A command whose help names, beside ``--metric``, every metric there is."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from ablation.metrics.registry import known_metrics

        for option in self.params:
            if isinstance(option, TyperOption) and option.name == "metric":
                option.help = f"{option.help} One of {', '.join(known_metrics())}; {OWN}."
        super().format_help(ctx, formatter)
