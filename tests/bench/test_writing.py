from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

from bench_records import each_record

from ablation.bench.reports import BenchRecord
from ablation.bench.writing import json_text, markdown_text, write


@each_record
def test_json_holds_the_whole_record(kind: str, make: Callable[[], BenchRecord]) -> None:
    assert json.loads(json_text(make())) == json.loads(json.dumps(dataclasses.asdict(make())))


@each_record
def test_files_are_named_by_benchmark_and_date(tmp_path: Path, kind: str, make: Callable[[], BenchRecord]) -> None:
    markdown, raw = write(make(), kind, tmp_path / "new")
    assert (markdown.name, raw.name) == (f"{kind}-2026-11-21-180000.md", f"{kind}-2026-11-21-180000.json")
    assert markdown.read_text() == markdown_text(make())
    assert raw.read_text() == json_text(make())
