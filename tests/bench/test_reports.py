"""Terminal, Markdown and JSON are made of one record."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

from bench_records import each_record, ladder_record, trainer_record

from ablation.bench.reports import BenchRecord, json_text, markdown_text, record_sheet, write
from ablation.reporting.tables.terminal import plain_sheet


@each_record
def test_markdown_and_terminal_show_the_same_cells(kind: str, make: Callable[[], BenchRecord]) -> None:
    record = make()
    markdown, terminal = markdown_text(record).replace("\\", ""), " ".join(plain_sheet(record_sheet(record)).split())
    for grid in record_sheet(record).grids:
        assert {len(row) for row in grid.rows} == {len(grid.header)}
        for row in grid.rows:
            assert f"| {' | '.join(cell.text for cell in row)} |" in markdown
            assert all(word in terminal for cell in row for word in cell.text.split())


def test_a_trainers_row_says_what_json_says() -> None:
    lines = [line.strip("| ").split(" | ") for line in markdown_text(trainer_record()).splitlines()]
    rows = {line[0]: line for line in lines}
    for told in json.loads(json_text(trainer_record()))["finishers"]:
        median, least, most = (told["training"][name] for name in ("median", "low", "high"))
        assert rows[told["name"]][1] == f"{median:.2f} [{least:.2f}, {most:.2f}]"
        assert rows[told["name"]][2].startswith(f"{told['ratio']['median']:.3f} ")


def test_a_peer_that_is_not_there_is_in_the_table_and_says_why() -> None:
    text = markdown_text(trainer_record())
    assert "| fastai | - |" in text
    assert "fastai: not installed: pip install fastai, or uv sync --group bench" in text


def test_what_is_estimated_is_said_to_be() -> None:
    text = markdown_text(ladder_record())
    assert "ESTIMATED: all 15 scripts count at the median of their recipe; so many were run: way 1: 3; way 2: 3" in text
    assert "(n: 1 run of it, 3 scripts measured)" in text


def test_the_threads_that_were_tried_are_reported() -> None:
    assert "a first script took 9.00 s with 1 thread, 8.00 s with 2 threads" in markdown_text(ladder_record())


def test_both_ratios_are_in_the_headline() -> None:
    head = record_sheet(trainer_record()).headline[0]
    assert "0.974 [0.900, 1.048] of the time of plain, the fastest peer" in head
    assert "1.024 [0.947, 1.100] of the plain loop's on our network" in head
    assert "Networks: ours leaves out" in markdown_text(trainer_record())
    assert "Networks: ours leaves out" in markdown_text(ladder_record())


@each_record
def test_machine_versions_and_command_are_reported(kind: str, make: Callable[[], BenchRecord]) -> None:
    text = markdown_text(make())
    assert all(each in text for each in ("a processor, 2 cores, 23.5 GiB", "torch 2.15.0", "Command: ablation bench"))


@each_record
def test_json_holds_the_whole_record(kind: str, make: Callable[[], BenchRecord]) -> None:
    assert json.loads(json_text(make())) == json.loads(json.dumps(dataclasses.asdict(make())))


@each_record
def test_files_are_named_by_benchmark_and_date(tmp_path: Path, kind: str, make: Callable[[], BenchRecord]) -> None:
    markdown, raw = write(make(), kind, tmp_path / "new")
    assert (markdown.name, raw.name) == (f"{kind}-2026-11-21-180000.md", f"{kind}-2026-11-21-180000.json")
    assert markdown.read_text() == markdown_text(make())
    assert raw.read_text() == json_text(make())
