"""What a finished ladder puts on its MLflow runs: the table with its figure, and the models that can be served."""

import math
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.details import Details
from ablation.experiment.execution.process import ProcessDiedError, StartProcess
from ablation.experiment.execution.slots import Slots
from ablation.experiment.execution.subprocess_call import SubprocessCall
from ablation.experiment.planning.plan import Plan
from ablation.recording.model_exporter import export_model
from ablation.recording.model_exports import ExportError, exported_runs
from ablation.recording.projection import LadderProjection
from ablation.reporting.figures.waterfall import waterfall
from ablation.reporting.formats import formats
from ablation.reporting.tables.cells import visible
from ablation.reporting.tables.ladder_grids import gain_cell, mean_cell, verdict_cell
from ablation.reporting.tables.markdown import listed, literal
from ablation.reporting.tables.words import headline
from ablation.tracking.failure import TrackingError
from ablation.tracking.names import Prefix, Tag


@contextmanager
def publishing_models(projection: LadderProjection, plan: Plan, start: StartProcess, lanes: Slots) -> Iterator[None]:
    """Give the first replicate of the baseline and of the last rung its model in MLflow's own format, once.

    Each is made by a process of its own while the block publishes the rest, and waited for at its end: tracing a
    network takes seconds, and this process needs no torch.

    Args:
        start: the processes.
        lanes: of the trainings on this machine; no latency is measured on them meanwhile.

    Raises:
        TrackingError: MLflow could not take one.
        ExportError: torch could not export one, or the process that does it died.
    """
    wanted = [export for run in exported_runs(plan) if (export := projection.wanted_export(run))]
    with ExitStack() as held:
        if wanted:
            held.enter_context(lanes.beside())
        try:
            calls = [
                held.enter_context(closing(SubprocessCall(start, partial(export_model, export)))) for export in wanted
            ]
        except ProcessDiedError as error:
            raise ExportError(f"a model could not be exported: {error}") from error
        yield
        failures = [failure for call in calls if (failure := _failure(call))]
    if failures:
        raise failures[0]


def _failure(call: SubprocessCall[None]) -> Exception | None:
    """Waits for a model; returns what kept it from being exported, if anything did."""
    try:
        call.result()
    except (TrackingError, ExportError) as error:
        return error
    except ProcessDiedError as error:
        return ExportError(f"a model could not be exported: {error}")
    return None


def publish_table(projection: LadderProjection, table: Table, details: Details) -> None:
    """Put the table in every format and its figure on the parent run, each row's gains and verdict on its variant."""
    record = projection.parent
    for each in formats().values():
        record.log_text(each.render(table, details), each.file_name)
    record.log_figure(waterfall(table), "gains.png")
    record.describe(_summary(table))
    for row in table.rows[1:]:
        of_variant = projection.variant_record(row.scored.variant)
        if of_variant is not None:
            of_variant.log_summary({**_gain("step", row.step), **_gain("over_baseline", row.total)})
            of_variant.tag({Tag.VERDICT: row.verdict.word})


def _gain(name: str, comparison: Comparison | None) -> dict[str, float]:
    """A gain and its bounds, in the unit that the table shows; empty where it is not known."""
    if comparison is None:
        return {}
    interval = comparison.interval
    parts = {"": interval.mean, "_low": interval.low, "_high": interval.high}
    return {f"{Prefix.GAIN}{name}{suffix}": value for suffix, value in parts.items() if math.isfinite(value)}


def _summary(table: Table) -> str:
    """The verdict and the rows in words, for the run's page, which shows no Markdown tables."""
    unit = f", {table.metric.unit}" if table.metric.unit else ""
    title = f"**{literal(visible(table.name))}**: gains in {table.metric.label}{unit}, over the row above"
    rows = listed(_row(row, table) for row in table.rows)
    return f"{listed(headline(table))}\n\n{title}; table.txt has all of it.\n\n{rows}"


def _row(row: Row, table: Table) -> str:
    cells = (mean_cell(row.scored.summary, table), gain_cell(row.step, row, table), verdict_cell(row))
    return f"{visible(row.name)}: {', '.join(cell.text for cell in cells if cell.text)}"
