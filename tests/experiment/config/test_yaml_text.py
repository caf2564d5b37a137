from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.experiment.config.yaml_text import parse_value, parse_yaml, yaml_flow

finite = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.booleans() | st.integers() | finite | st.text(max_size=20)
words = st.text("abcdefgxyz :#-", max_size=8)
keys = st.text(max_size=8).filter(lambda key: key != "name")
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4))


def written(folder: Path, text: str) -> Path:
    file = folder / "x.yaml"
    file.write_text(text)
    return file


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(UserError) as caught:
        parse_yaml(written(folder, text))
    return str(caught.value)


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "0.1e-2", "1.0e-3", "+1e-3", ".1e-2", "10e-4", "1.e-3"])
def test_every_way_to_write_a_small_number_is_that_number(text: str) -> None:
    assert parse_value(text, "here") == 1e-3
    assert parse_value(f"-{text.lstrip('+')}", "here") == -1e-3


@pytest.mark.parametrize("text", ["e3", "1e", "1e3x", "resnet18", "1.2.3", "e-3", "v1e3"])
def test_what_only_looks_like_a_number_stays_text(text: str) -> None:
    assert parse_value(text, "here") == text


@given(finite)
def test_python_spells_floats_as_the_file_reads_them(number: float) -> None:
    assert parse_value(repr(number), "here") == number


@given(values)
def test_a_setting_written_on_one_line_reads_back_as_itself(value: Any) -> None:
    assert parse_value(yaml_flow(value), "here") == value


@given(st.recursive(st.integers() | st.booleans() | words, lambda inner: st.dictionaries(words, inner, max_size=4)))
def test_what_another_yaml_writer_wrote_is_read_as_it_was(value: Any) -> None:
    assert parse_value(yaml.safe_dump(value), "here") == value


def test_a_component_that_is_only_a_name_is_written_as_that_name() -> None:
    assert yaml_flow([{"name": "identity"}, {"name": "shift", "pixels": 1}]) == "[identity, {name: shift, pixels: 1}]"


def test_a_setting_that_is_not_set_is_left_out_of_its_mapping() -> None:
    assert yaml_flow({"name": "enhanced", "limit": None}) == "enhanced"
    assert yaml_flow(None) == "null"


def test_a_syntax_error_is_reported_with_its_line_and_with_the_line_where_it_began(tmp_path: Path) -> None:
    message = refusal(tmp_path, "name: x\nbaseline:\n  data: {source: digits\nrungs: []\n")
    assert message.startswith(f"{tmp_path / 'x.yaml'}, line 4, column 6: ")
    assert "starts in line 3" in message


def test_a_tab_is_called_a_tab(tmp_path: Path) -> None:
    assert "not with a tab" in refusal(tmp_path, "baseline:\n\tdata: digits\n")


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "x: {b: 1}\na: {c: 1, c: 1}\n", "x: 1\n? 1\n: 2\n1: 3\n"])
def test_a_key_given_twice_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    assert ", line " in refusal(tmp_path, text)
    assert "is given twice" in refusal(tmp_path, text)


def test_a_merge_key_is_yaml_and_what_stands_beside_it_wins(tmp_path: Path) -> None:
    found = parse_yaml(written(tmp_path, "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\n"))
    assert found["b"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    "text", ["{[a]: 1}", "? {a: 1}\n: 2\n", "a: *nope", "a: !!python/tuple [1]", "a: 1\n---\nb: 2"]
)
def test_what_no_experiment_needs_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    assert "x.yaml, line " in refusal(tmp_path, text)


@pytest.mark.parametrize(("text", "what"), [("", "is empty"), ("- a", "holds a list"), ("hello", "holds text")])
def test_a_file_that_is_no_mapping_is_reported_with_what_it_should_be(tmp_path: Path, text: str, what: str) -> None:
    assert refusal(tmp_path, text).startswith(f"{tmp_path / 'x.yaml'}: {what}")
    assert "mapping with the keys name, metric" in refusal(tmp_path, text)


def test_what_cannot_be_read_is_reported_why(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        parse_yaml(tmp_path / "none.yaml")
    with pytest.raises(UserError, match="directory"):
        parse_yaml(tmp_path)
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8"):
        parse_yaml(tmp_path / "x.yaml")
    assert "unacceptable character" in refusal(tmp_path, "name: a\x01b")


def test_a_value_that_is_no_yaml_is_refused_where_it_was_given() -> None:
    with pytest.raises(UserError, match=r"^--set train.epochs=\[: '\[' is no YAML value"):
        parse_value("[", "--set train.epochs=[")
