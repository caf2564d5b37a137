"""Writes records of benchmarks to files: JSON with every number, and Markdown of the same record."""

import dataclasses
import json
from pathlib import Path

from ablation.bench.reports import BenchRecord, record_sheet
from ablation.errors import UserError
from ablation.reporting.tables.markdown import markdown_sheet


def json_text(record: BenchRecord) -> str:
    """Every number, under the names of the record's fields."""
    return json.dumps(dataclasses.asdict(record), indent=1) + "\n"


def markdown_text(record: BenchRecord) -> str:
    """The tables as Markdown, for a README."""
    return markdown_sheet(record_sheet(record))


def write(record: BenchRecord, kind: str, folder: Path) -> tuple[Path, Path]:
    """Write ``KIND-DATE.md`` and ``.json`` into a folder, which is created if needed; returns both paths.

    Args:
        kind: ``trainer``, ``ladder`` or ``overhead``.

    Raises:
        UserError: the folder cannot be written to.
    """
    stamp = record.machine.date[:19].replace(":", "").replace("T", "-")
    texts = {".md": markdown_text(record), ".json": json_text(record)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, text in texts.items():
            (folder / f"{kind}-{stamp}{suffix}").write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot be written: {error}", place=str(folder), remedy="name another folder") from error
    return folder / f"{kind}-{stamp}.md", folder / f"{kind}-{stamp}.json"
