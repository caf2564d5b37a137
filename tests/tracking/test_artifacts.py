"""Artifacts of a run: read back, and shared on the disk."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from ablation.tracking.ledger import Ledger
from ablation.tracking.record import RunRecord


def read(record: RunRecord, path: str) -> str:
    return Path(record.client.download_artifacts(record.run_id, path)).read_text()


def test_artifacts_read_back(ledger: Ledger) -> None:
    record = ledger.enter("a", "run")
    for _ in range(2):  # delivered again: replaced, not appended to
        record.log_text("# title", "notes/table.md")
        record.log_dict({"lr": 0.1, "names": ["a"]}, "recipe.yaml")
        record.log_dict({"lr": 0.1}, "recipe.json")
    assert read(record, "notes/table.md") == "# title"
    assert yaml.safe_load(read(record, "recipe.yaml")) == {"lr": 0.1, "names": ["a"]}
    assert json.loads(read(record, "recipe.json")) == {"lr": 0.1}


def test_weights_shared_by_many_runs_lie_on_the_disk_once(ledger: Ledger, tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"weights")
    for key in "ab":
        for _ in range(2):
            record = ledger.enter(key, "run")
            record.link_file(weights, "checkpoint")
        assert read(record, "checkpoint/model.safetensors") == "weights"
    assert weights.stat().st_nlink == 3
    assert [each.path for each in record.client.list_artifacts(record.run_id, "checkpoint")] == [
        "checkpoint/model.safetensors"
    ]


def test_replacing_the_source_leaves_the_record_until_it_is_linked_again(ledger: Ledger, tmp_path: Path) -> None:
    weights = tmp_path / "w"
    weights.write_text("old")
    record = ledger.enter("a", "run")
    record.link_file(weights)
    (tmp_path / "new").write_text("new")
    (tmp_path / "new").replace(weights)
    assert read(record, "w") == "old"
    record.link_file(weights)
    assert read(record, "w") == "new"


def test_where_hard_links_are_impossible_the_file_is_copied(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "w").write_text("weights")
    record = ledger.enter("a", "run")
    record.link_file(tmp_path / "w", "folder")
    assert read(record, "folder/w") == "weights"
    assert (tmp_path / "w").stat().st_nlink == 1


def test_a_missing_source_is_the_callers_mistake(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ledger.enter("a", "run").link_file(tmp_path / "nothing")
