"""The LaTeX form compiles, and nothing in a name is a command."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from ablation.reporting.tables.grids import grids
from ablation.reporting.tables.latex import escaped, latex
from ablation.reporting.tables.words import headline

ASCII = "".join(chr(code) for code in range(32, 127))


def test_the_usual_specials_are_escaped_as_pandas_does():
    frame = pd.DataFrame([[each] for each in "&%$#_{}~^\\"])
    lines = frame.style.format(escape="latex").hide(axis="index").hide(axis="columns").to_latex().splitlines()
    theirs = [line.removesuffix(" \\\\").strip() for line in lines[1:-1]]
    assert [escaped(each).removesuffix("{}") for each in "&%$#_{}~^\\"] == theirs


def test_every_printable_character_of_ascii_is_inert():
    bare = re.sub(r"\\[&%$#_{}]|\\text[a-z]+\{\}|[{}]", "", escaped(ASCII))
    assert not set(bare) & set("&%$#_^~\\<>|")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("80 ± 1 × 2", r"80 $\pm$ 1 $\times$ 2"),
        ("γ = 2", r"$\gamma$ = 2"),
        ("e\N{COMBINING ACUTE ACCENT}", "é"),
        ("\N{GRINNING FACE}", "{[}U+1F600{]}"),
        ("\x1b\n", "{[}U+001B{]}{[}U+000A{]}"),
        ("lr -- high", "lr -{}- high"),
    ],
)
def test_what_is_not_ascii_is_set_or_shown_as_a_placeholder(text, safe):
    assert escaped(text) == safe


def test_every_grid_is_a_table_with_its_caption(rich):
    text = latex(rich)
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == len(grids(rich))
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == len(grids(rich))
    assert all(escaped(line) in text for line in headline(rich) if "-" not in line)


def test_no_name_gives_a_command_or_ends_a_table(hostile_table):
    text = latex(hostile_table)
    assert r"\input{" not in text
    assert "/etc/passwd" in text
    assert text.count(r"\end{table}") == len(grids(hostile_table))
    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert not [row for row in rows if row.startswith(("[", "*"))]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("package", ["", r"\usepackage{graphicx}"])
@pytest.mark.parametrize("name", ["rich", "holed_table", "hostile_table", "tuned_table", "waiting_table"])
def test_it_compiles_as_a_part_of_a_paper(request, tmp_path: Path, name: str, package: str) -> None:
    (tmp_path / "table.tex").write_text(latex(request.getfixturevalue(name)), encoding="utf-8")
    lines = [r"\documentclass{article}\usepackage{booktabs}", package, r"\begin{document}\input{table}\end{document}"]
    (tmp_path / "paper.tex").write_text("\n".join(lines), encoding="utf-8")
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    log = run.stdout.decode("latin1")
    assert run.returncode == 0, log[-2000:]
    assert "(/etc/passwd" not in log
    assert "Missing character" not in log
    assert (tmp_path / "paper.pdf").stat().st_size > 10_000
