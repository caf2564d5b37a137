"""Every command that the product prints is made by an invocation, and asks for the run that the message is about."""

from __future__ import annotations

import ast
import dataclasses
import io
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command_line import COMMANDS, options_of, parsed, printed
from package_source import MODULES, ROOT, source_of
from rich.console import Console
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_store import finished

from ablation.analysis.table.analyse import analyse
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import load_stored_plan, store_plan
from ablation.experiment.store.results import collect
from ablation.invocation import TAKEN, Invocation, Remedy
from ablation.reporting.formats import formats
from ablation.reporting.texts.plan_text import plan_text
from ablation.reporting.texts.status_text import status_text
from ablation.stage import DEATHS, OUTCOME

BY_HAND = re.compile(rf"\bablation (?:{'|'.join(TAKEN)}|\{{\}}) +(?:\{{\}}|--?\w|FILE\b|\S+\.yaml\b)")
"""A command and the first of its arguments; ``{}`` stands for what a text is filled with."""
MENTIONED = re.compile(rf"\bablation (?:{'|'.join(TAKEN)}|\{{)")
"""What no module can lack that writes one."""


def texts_of(tree: ast.AST) -> Iterator[str]:
    """Every text of a module that is no docstring and no option's help, with ``{}`` for what is filled in."""
    filled = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in filled for part in node.values}
    comments = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    comments |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "help"}
    for node in filled:
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (parts | comments):
            yield node.value


def by_hand(source: str) -> list[str]:
    if not MENTIONED.search(source):
        return []
    return [text for text in texts_of(ast.parse(source)) if BY_HAND.search(text)]


def test_no_module_writes_a_command_by_hand() -> None:
    assert not [(module.name, text) for module in MODULES for text in by_hand(source_of(module))]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('f"begin one with: ablation tune {file}"', 1),
        ('remedy = f"start it with: ablation {command} {path}"', 1),
        ('remedy = "mend it with: ablation run FILE --renew"', 1),
        ('yield "ablation confirm uses fresh ones"', 0),
        ('"""As ``ablation run FILE`` says."""', 0),
        ('f"{runs} trainings of ablation run, which does {lanes} at once"', 0),
    ],
)
def test_a_command_by_hand_is_seen_and_words_about_one_are_not(source: str, found: int) -> None:
    assert len(by_hand(source)) == found


OPTION = re.compile(r"\bablation ([a-z-]+)((?: --[a-z-]+)+)")
"""A command with options, as docstrings and help speak of it."""


def test_options_that_docstrings_and_help_speak_of_are_there() -> None:
    spoken = [found for module in MODULES for found in OPTION.findall(source_of(module))]
    assert spoken
    assert not [(name, options) for name, options in spoken if not set(options.split()) <= options_of(name)]


SHOWN = re.compile(r"(?:`|^|&& )(?:uv run )?(ablation [a-z][^`\n]*)", re.MULTILINE)


def shown(file: Path) -> list[str]:
    """Every command line of a document, without what comes before it on the line."""
    return [line.strip() for line in SHOWN.findall(file.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("line", sorted({*shown(ROOT / "README.md")}))
def test_every_command_of_the_readme_is_one_that_the_command_line_takes(line: str) -> None:
    _, name, *rest = line.split()
    assert name in COMMANDS, "no such command"
    if rest:
        parsed(line)


def test_the_readme_shows_every_command() -> None:
    assert {line.split()[1] for line in shown(ROOT / "README.md")} == set(COMMANDS)


ASKED = Invocation(
    file="a folder/x.yaml",
    overrides=("loss={name: focal, gamma: 2}", "Focal 'loss'/loss.alpha=1"),
    replicates=3,
    untuned=True,
    device="cpu",
    store="a store",
    tracking_uri="http://host:1/a",
    track=False,
)
"""What tables were asked for with; every part of it has to be repeated."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A plan with its store, and the commands that have to be printed of it."""

    plan: Plan
    spoil: Callable[[Plan, ContentStore], None]
    commands: tuple[str, ...]


def nothing(plan: Plan, store: ContentStore) -> None:
    """All is well."""


def lose(plan: Plan, store: ContentStore) -> None:
    shutil.rmtree(store.folder(plan.runs_of("+ rung 1")[1].test))


def fail(plan: Plan, store: ContentStore, reason: str = "ValueError: no luck") -> None:
    lose(plan, store)
    store.fail(plan.runs_of("+ rung 1")[1].test, reason)


def kill(plan: Plan, store: ContentStore) -> None:
    fail(plan, store, f"3 {DEATHS}; if memory is short, lower train.batch_size")


def age(plan: Plan, store: ContentStore) -> None:
    path = store.folder(plan.runs_of("+ rung 1")[1].test) / OUTCOME
    path.write_text(path.read_text().replace('"torch": "2.0"', '"torch": "1.0"'))


LADDER = dataclasses.replace(standin_plan(variants=3, replicates=3), asked_by=ASKED)
CONFIRMED = dataclasses.replace(
    LADDER,
    purpose="confirm",
    asked_by=dataclasses.replace(ASKED, purpose="confirm", replicates=12, without=("a rung",)),
)
WAITING = dataclasses.replace(LADDER, unplanned=("Final tuning",), remedy=Remedy("tune", ("--study", "new")))
EACH = dataclasses.replace(LADDER, remedy=Remedy("tune", ("--each", "--trials", "7")))

CASES = {
    "ordinary": Case(LADDER, nothing, ()),
    "missing": Case(LADDER, lose, (ASKED.command("run"),)),
    "failed": Case(LADDER, fail, ()),
    "killed": Case(LADDER, kill, (ASKED.command("run"),)),
    "foreign": Case(LADDER, age, (ASKED.command("run", "--renew"),)),
    "confirmed": Case(CONFIRMED, lose, (CONFIRMED.invocation.command("confirm"),)),
    "foreign and confirmed": Case(CONFIRMED, age, (CONFIRMED.invocation.command("confirm", "--renew"),)),
    "unplanned": Case(WAITING, nothing, (ASKED.command("tune", "--study", "new"),)),
    "unplanned and missing": Case(WAITING, lose, (ASKED.command("run"), ASKED.command("tune", "--study", "new"))),
    "unequal tuning": Case(EACH, nothing, (ASKED.command("tune", "--each", "--trials", "7"),)),
}


@pytest.fixture
def home(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Case, ContentStore]:
    case = CASES[request.param]
    store = finished(case.plan, tmp_path)
    case.spoil(case.plan, store)
    return case, store


each_case = pytest.mark.parametrize("home", CASES, indirect=True)


@each_case
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_table_prints_the_commands_that_help_and_no_others(home: tuple[Case, ContentStore], form: str) -> None:
    case, store = home
    text = formats()[form].render(analyse(case.plan, store), None)
    text = re.sub(r"\\(.)", r"\1", text) if form == "markdown" else text
    lines = printed(text)
    assert tuple(lines) == case.commands
    for line in lines:
        name, _ = parsed(line)
        assert {word for word in line.split() if word.startswith("--")} <= options_of(name)


@each_case
def test_a_status_prints_the_same_run_and_study(home: tuple[Case, ContentStore]) -> None:
    case, store = home
    text = io.StringIO()
    Console(file=text, width=80).print(status_text(collect(case.plan, store), case.plan), crop=False)
    missing = case.spoil is lose
    expected = {line for line in case.commands if " tune " in line or missing}
    assert set(printed(text.getvalue())) == expected


@each_case
def test_a_plan_prints_the_study_that_it_waits_for(home: tuple[Case, ContentStore]) -> None:
    case, store = home
    text = io.StringIO()
    Console(file=text, width=80).print(plan_text(case.plan, store, 1.0, 1), crop=False)
    assert printed(text.getvalue()) == [line for line in case.commands if " tune " in line]


@each_case
def test_what_a_later_report_prints_is_of_the_run_that_was_made(
    home: tuple[Case, ContentStore], tmp_path: Path
) -> None:
    """Read with the file alone, under another path: the file and the store of now, and all else as it was asked for."""
    case, store = home
    file = tmp_path / "moved here.yaml"
    file.write_text(SMALL)
    store_plan(case.plan, file, store)
    plan = load_stored_plan(file, store, case.plan.purpose)
    now = dataclasses.replace(plan.invocation, file=case.plan.invocation.file, store=case.plan.invocation.store)
    assert now == case.plan.invocation
    lines = printed(formats()["text"].render(analyse(plan, store), None))
    assert len(lines) == len(case.commands)
    assert all(str(file) in line and str(store.root) in line for line in lines)


@pytest.mark.parametrize("purpose", ["ladder", "confirm", "calibrate"])
def test_what_was_not_run_yet_is_started_by_the_command_that_is_printed(tmp_path: Path, purpose: str) -> None:
    file, store = tmp_path / "a b.yaml", ContentStore(tmp_path / "my store")
    file.write_text(SMALL)
    with pytest.raises(UserError) as caught:
        load_stored_plan(file, store, purpose)
    (line,) = printed(str(caught.value))
    name, params = parsed(line)
    assert name == ("run" if purpose == "ladder" else purpose)
    assert (params["file"], params["store"]) == (file, store.root)
