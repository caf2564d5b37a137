"""The command line: a user's mistake is one message and exit code 2, and nothing is left behind."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from small_experiment import SMALL, changed, write_experiment
from standin_plan import standin_plan
from standin_store import finished

from ablation import cli
from ablation.experiment.config.schema import schema_text
from ablation.experiment.store.plan_store import store_plan
from ablation.reporting.formats import formats
from ablation.workflow import execution, planning, workers
from ablation.workflow.reporting import Outcome

ONLY_DATASETS = {"datasets"}


@dataclass(frozen=True)
class Ended:
    """How a command ended; ``left``: what lies in the store, decoded data sets and locks aside."""

    code: Any
    out: str
    err: str
    left: set[str]


Command = Callable[..., Ended]


@pytest.fixture
def ablation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a command in this process on a store of its own."""
    handler = signal.getsignal(signal.SIGTERM)
    store = tmp_path / "store"
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("COLUMNS", "120")

    def run(command: str, *arguments: object) -> Ended:
        where = [] if command in ("schema", "--help") else ["--store", str(store)]
        monkeypatch.setattr(sys, "argv", ["ablation", command, *map(str, arguments), *where])
        capsys.readouterr()
        code: Any = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code
        left = {path.name for path in store.iterdir()} if store.exists() else set()
        return Ended(code or 0, *capsys.readouterr(), left)

    yield run
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gets as far as recording or training fails the test."""
    monkeypatch.setattr(workers, "started_early", lambda *args: nullcontext())
    for module, name in ((execution, "store_plan"), (execution, "_recorder"), (workers, "pool")):
        monkeypatch.setattr(module, name, lambda *args: pytest.fail("it went on"))


RUNG = "    patch: {loss: {name: focal}}\n"
TO_BASELINE, TO_RUNGS = SMALL.index("baseline:"), SMALL.index("rungs:")
IN_RUNG = r"rungs[2] (Focal loss)"

IN_THE_FILE = {
    "an unknown key": (changed("margin:", "margins:"), "unknown setting 'margins'; did you mean 'margin'?"),
    "an unknown section": (changed("train:", "trian:"), "baseline: unknown setting 'trian'; did you mean 'train'?"),
    "an unknown setting": (
        changed("epochs: 1", "epoch: 1"),
        "baseline.train: unknown setting 'epoch'; did you mean 'epochs'?",
    ),
    "an unknown setting of a patch": (
        changed("name: focal", "name: focal, gama: 1"),
        f"{IN_RUNG}.patch.loss: unknown setting 'gama'; did you mean 'gamma'?",
    ),
    "a misspelt component": (
        changed("name: focal", "name: foccal"),
        f"{IN_RUNG}.patch.loss: no component 'foccal'; did you mean 'focal'?",
    ),
    "a misspelt backbone": (
        changed("{name: small_cnn, width: 2}", "resnet81"),
        "baseline.model.backbone: no component 'resnet81'; did you mean 'resnet18'?",
    ),
    "a value out of range": (
        changed("name: focal", "name: focal, gamma: -1"),
        f"{IN_RUNG}.patch.loss.gamma: must be 0 or more, not -1",
    ),
    "true for a number": (
        changed("name: focal", "name: focal, gamma: true"),
        f"{IN_RUNG}.patch.loss.gamma: true has no meaning here; give a number or a text",
    ),
    "a negative margin": (changed("margin: 2.0", "margin: -2.0"), "margin: must be above 0, not -2.0"),
    "no margin": (changed("margin: 2.0\n", ""), "margin: is missing"),
    "no replicates": (changed("replicates: 2", "replicates: 0"), "replicates: must be 1 or more, not 0"),
    "an unknown metric": (
        changed("metric: accuracy", "metric: acuracy"),
        "metric: no metric 'acuracy' to judge by; did you mean 'accuracy'?",
    ),
    "an empty rung": (changed(RUNG, "    patch: {}\n"), f"{IN_RUNG}: patch is missing or empty"),
    "a rung without a patch": (changed(RUNG, ""), f"{IN_RUNG}: patch is missing or empty"),
    "a patch of nothing": (
        changed(RUNG, "    patch:\n"),
        f"{IN_RUNG}.patch: must be a mapping of settings, not nothing",
    ),
    "no rungs": (SMALL[:TO_RUNGS] + "rungs: []\n", "rungs: is empty"),
    "a rung that is only a name": (SMALL[:TO_RUNGS] + "rungs: [focal]\n", "rungs[1]: must be a mapping of settings"),
    "a patch of a missing section": (
        changed("{loss: {name: focal}}", "{regulariser: {l2: 1}}"),
        f"{IN_RUNG}.patch: unknown setting 'regulariser'; known: augment, balance,",
    ),
    "a rung that changes nothing": (
        changed("{loss: {name: focal}}", "{loss: {name: cross_entropy}}"),
        f"{IN_RUNG}.patch: changes nothing on top of the rungs before it",
    ),
    "two rungs of one name": (changed("name: Flips", "name: Wider"), "two rungs are named 'Wider'"),
    "an unknown requirement": (
        changed("name: Flips\n", "name: Flips\n    requires: [Wide]\n"),
        "rung 'Flips' requires 'Wide', which is no earlier rung; did you mean 'Wider'?",
    ),
    "a control with a patch": (
        changed(RUNG, RUNG + "    control: true\n"),
        f"{IN_RUNG}: a control has no patch, no promise and requires nothing",
    ),
    "looks that fall": (SMALL + "looks: [10, 5]\n", "looks: must rise"),
    "a promise of an unknown cost": (
        changed(RUNG, RUNG + "    expect: {metric: latency, level: 3}\n"),
        f"{IN_RUNG}.expect: no metric or cost 'latency'",
    ),
    "a promise of two kinds": (
        changed(RUNG, RUNG + "    expect: {gain: 3, level: 70}\n"),
        f"{IN_RUNG}.expect: give exactly one of gain, level and ratio",
    ),
    "a promise of an unknown rung": (
        SMALL + "promises: [{of: [Focal los], expect: 3}]\n",
        "promises[1].of: no rung 'Focal los'",
    ),
    "a target by an unknown metric": (SMALL + "target: {metric: accurcy, level: 80}\n", "target: no metric or cost"),
    "an unknown design": (
        changed("leave_one_out]", "leave_two_out]"),
        "designs[2]: must be 'ladder', ",
    ),
    "no ladder": (changed("[ladder, leave_one_out]", "[leave_one_out]"), "designs: the ladder is missing"),
    "overrides in the file": (SMALL + "overrides: [train.epochs=3]\n", "unknown setting 'overrides'"),
    "no baseline": (SMALL[:TO_BASELINE] + SMALL[TO_RUNGS:], "baseline: is missing"),
    "a baseline that is a word": (
        SMALL[:TO_BASELINE] + "baseline: resnet18\n" + SMALL[TO_RUNGS:],
        "baseline: must be a mapping of settings, not 'resnet18'",
    ),
    "no mapping": ("- a\n- b\n", "holds a list, not a mapping"),
    "nothing": ("", "is empty"),
    "an unknown module": (
        changed("{name: focal}", "{name: 'no_such_module:Loss'}"),
        f"{IN_RUNG}.patch.loss: cannot import 'no_such_module:Loss' (ModuleNotFoundError",
    ),
    "an unknown weights' name": (
        changed("width: 2}", "width: 2}, weights: IMAGENET1K_V1"),
        "baseline.model.weights: small_cnn has no weights 'IMAGENET1K_V1'",
    ),
    "a missing folder": (changed("path: images", "path: nowhere"), "baseline: data.path: "),
    "fp16 on the CPU": (
        changed("epochs: 1", "epochs: 1, precision: fp16"),
        "baseline: train.precision: fp16 needs a CUDA device",
    ),
}


def refused(ended: Ended, *place: object) -> None:
    """One message of a few lines, without traceback, and an empty store but for decoded images."""
    assert ended.code == 2
    assert ended.out == ""
    first, *more = ended.err.splitlines()
    assert first.startswith(f"error: {place[0]}"), ended.err
    assert all(str(each) in first for each in place), ended.err
    assert len(more) <= 1
    assert "Traceback" not in ended.err
    assert not [word for word in ("Input", "Field required", "Tuple", "Dictionary", "Value error") if word in ended.err]


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("mistake", IN_THE_FILE)
def test_a_mistake_in_the_file_is_one_message_with_its_place(ablation: Command, tmp_path: Path, mistake: str) -> None:
    text, message = IN_THE_FILE[mistake]
    file = write_experiment(tmp_path, text)
    ended = ablation("run", file, "--device", "cpu")
    refused(ended, f"{file}: {message}")
    assert ended.left == set()


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (changed("{epochs: 1}", "{epochs: 1"), "line 10, column 6", "starts in line 9"),
        (changed("margin: 2.0", "margin: 2.0\nmargin: 3.0"), "line 4, column 1", "the key 'margin' is given twice"),
        (changed("  train:", "\ttrain:"), "line 9, column 1", "found character '\\t'"),
    ],
)
def test_a_mistake_of_yaml_is_reported_with_its_line(
    ablation: Command, tmp_path: Path, text: str, place: str, message: str
) -> None:
    file = write_experiment(tmp_path, text)
    ended = ablation("run", file)
    refused(ended, f"{file}, {place}: ", message)
    assert ended.left == set()


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        (
            changed("name: focal", "name: focal, alpha: [1, 2, 3]"),
            "+ Focal loss: loss.alpha: 3 numbers for 2",
            "one per",
        ),
        (changed("width: 2}", "width: 2}, weights: w.safetensors"), "baseline: model.weights: no file", "path"),
        (changed("image_size: 8", "image_size: 8, classes: {drop: [c]}"), "data.classes.drop: no class 'c'", "a, b"),
    ],
)
def test_what_only_fails_with_the_data_leaves_the_decoded_images_at_most(
    ablation: Command, tmp_path: Path, text: str, message: str, remedy: str
) -> None:
    file = write_experiment(tmp_path, text)
    ended = ablation("run", file, "--device", "cpu")
    refused(ended, f"{file}: ", message)
    assert remedy in ended.err.splitlines()[1]
    assert ended.left <= ONLY_DATASETS


@pytest.mark.usefixtures("untrained")
def test_one_class_only_is_refused(ablation: Command, tmp_path: Path) -> None:
    file = write_experiment(tmp_path, counts={"a": 6})
    ended = ablation("run", file)
    refused(ended, f"{file}: baseline: data.path: one class only: 'a'")
    assert decoded(tmp_path) == []


@pytest.mark.usefixtures("untrained")
def test_a_class_with_fewer_images_than_splits_is_named_with_its_remedy(ablation: Command, tmp_path: Path) -> None:
    file = write_experiment(tmp_path, counts={"a": 6, "b": 6, "rare": 2})
    ended = ablation("run", file)
    refused(ended, f"{file}: baseline: data.classes: ", "class 'rare' has 2 images")
    assert "data.classes.drop: [rare]" in ended.err
    assert ended.left <= ONLY_DATASETS


@pytest.mark.usefixtures("untrained")
def test_a_truncated_image_is_named(ablation: Command, tmp_path: Path) -> None:
    file = write_experiment(tmp_path)
    broken = tmp_path / "images" / "b" / "3.png"
    broken.write_bytes(broken.read_bytes()[:-40])
    ended = ablation("run", file)
    refused(ended, f"{file}: baseline: data.path: ", "3.png is an image that cannot be decoded")
    assert decoded(tmp_path) == []


def decoded(folder: Path) -> list[Path]:
    """Decoded images in the store."""
    return list((folder / "store").rglob("*.npy"))


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "epochs=3"], "--set: cannot read 'epochs=3'"),
        (["--set", "train.epochs"], "--set: cannot read 'train.epochs'"),
        (["--set", "train..epochs=3"], "--set: cannot read 'train..epochs=3'"),
        (["--set", "train.epochs=["], "--set train.epochs=[: '[' is no YAML value"),
        (["--set", "Focal los/loss.gamma=1"], "--set: no rung 'Focal los' in "),
        (["--set", "Focal loss/gamma=1"], "--set: cannot read 'Focal loss/gamma=1'"),
        (["--only", "Focal los"], "--only: no variant or rung 'Focal los'"),
        (["--device", "gpu"], "--device: no device 'gpu'"),
        (["--device", "mps"], "--device: 'mps' is not supported"),
    ],
)
def test_a_mistake_in_an_option_is_reported_with_the_option(
    ablation: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    ended = ablation("run", write_experiment(tmp_path), *arguments)
    refused(ended, message)
    assert ended.left <= ONLY_DATASETS


@pytest.mark.usefixtures("untrained")
def test_a_value_that_set_made_wrong_is_attributed_to_set(ablation: Command, tmp_path: Path) -> None:
    file = write_experiment(tmp_path)
    ended = ablation("run", file, "--set", "train.epocs=3")
    refused(ended, f"{file} --set 'train.epocs=3': baseline.train: unknown setting 'epocs'")
    ended = ablation("run", file, "--set", "Focal loss/loss.gamma=-3")
    refused(ended, f"{file} --set 'Focal loss/loss.gamma=-3': {IN_RUNG}.patch.loss.gamma: must be 0 or more")


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("text", [SMALL[:TO_RUNGS] + "rungs:\n", changed(RUNG, "    patch: focal\n")])
def test_set_on_a_broken_file_says_what_is_broken(ablation: Command, tmp_path: Path, text: str) -> None:
    ended = ablation("run", write_experiment(tmp_path, text), "--set", "Focal loss/loss.gamma=1")
    assert ended.code == 2
    assert "Traceback" not in ended.err


@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize("arguments", [["--replicates", "0"], ["--jobs", "0"], ["--jobs", "many"], ["--setting", "x"]])
def test_an_option_out_of_range_is_refused_by_name(ablation: Command, tmp_path: Path, arguments: list[str]) -> None:
    ended = ablation("run", write_experiment(tmp_path), *arguments)
    assert ended.code == 2
    assert arguments[0] in ended.err
    assert ended.left == set()


@pytest.mark.parametrize("command", ["run", "plan", "status", "report", "data", "preview", "lr-find"])
def test_a_file_that_is_not_there_is_reported_by_every_command(ablation: Command, tmp_path: Path, command: str) -> None:
    ended = ablation(command, tmp_path / "none.yaml")
    refused(ended, f"{tmp_path / 'none.yaml'}: cannot be read: No such file")
    assert ended.left == set()


@pytest.mark.parametrize("command", ["status", "report"])
def test_what_was_never_run_is_reported_with_how_to_run_it(ablation: Command, tmp_path: Path, command: str) -> None:
    file = write_experiment(tmp_path)
    ended = ablation(command, file)
    refused(ended, f"{file}: was not run yet")
    assert f"ablation run {file}" in ended.err
    assert ended.left == set()


def test_plan_shows_rungs_and_sums_and_trains_nothing(
    ablation: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning.PlannedExperiment, "seconds", 30.0)
    ended = ablation("plan", write_experiment(tmp_path), "--device", "cpu", "--jobs", "1")
    assert ended.code == 0, ended.err
    assert "11 trainings a replicate requested, 8 distinct; 2 replicates: 16 trainings" in ended.out
    assert "loss.name" in ended.out
    assert ended.left <= ONLY_DATASETS


def test_data_shows_counts_and_writes_the_sheet(ablation: Command, tmp_path: Path) -> None:
    file, sheet = write_experiment(tmp_path), tmp_path / "sheet.png"
    ended = ablation("data", file, "--out", sheet)
    assert ended.code == 0, ended.err
    assert str(sheet) in ended.out
    assert sheet.stat().st_size > 1000
    refused_out = ablation("data", file, "--out", tmp_path / "sheet.docx")
    assert refused_out.code == 2
    assert refused_out.err.startswith(f"error: {tmp_path / 'sheet.docx'}: cannot be written")


@pytest.mark.slow
def test_preview_writes_the_sheet_of_a_row(ablation: Command, tmp_path: Path) -> None:
    file, sheet = write_experiment(tmp_path), tmp_path / "sheet.png"
    ended = ablation("preview", file, "--rung", "Flips", "--set", "mix=mixup", "--images", 4, "--out", sheet)
    assert ended.code == 0, ended.err
    assert sheet.stat().st_size > 1000
    ended = ablation("preview", file, "--images", 2, "--epochs", 1)
    assert (ended.code, ended.left - ONLY_DATASETS) == (0, {"small-views-preview.png"})


def test_lr_find_writes_the_curve_and_says_what_it_suggests_or_why_not(ablation: Command, tmp_path: Path) -> None:
    file, figure = write_experiment(tmp_path), tmp_path / "lr.png"
    ended = ablation("lr-find", file, "--rung", "baseline", "--steps", 20, "--device", "cpu", "--out", figure)
    assert ended.code == 0, ended.err
    assert figure.stat().st_size > 1000
    assert len(ended.out.splitlines()) >= 2


@pytest.mark.parametrize("command", ["preview", "lr-find"])
def test_a_row_that_is_not_there_is_reported(ablation: Command, tmp_path: Path, command: str) -> None:
    refused(ablation(command, write_experiment(tmp_path), "--rung", "Flip"), "--rung: no variant or rung 'Flip'")


def test_data_names_the_file_where_the_images_are_missing(ablation: Command, tmp_path: Path) -> None:
    file = write_experiment(tmp_path, changed("path: images", "path: nowhere"))
    refused(ablation("data", file), f"{file}: baseline: data.path: ")


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """A file whose latest run is in the store."""
    plan, file = standin_plan(variants=3, replicates=3), write_experiment(tmp_path)
    store_plan(plan, file, finished(plan, tmp_path / "store"))
    return file


def test_status_counts_what_is_done(ablation: Command, ran: Path) -> None:
    ended = ablation("status", ran)
    assert (ended.code, ended.err) == (0, "")
    assert "9 of 9 runs finished" in ended.out


def test_report_prints_the_same_table_every_time_and_in_every_format(ablation: Command, ran: Path) -> None:
    first, again = ablation("report", ran), ablation("report", ran, "--format", "text")
    assert first.code == 0, first.err
    assert first.out == again.out
    assert "| baseline |" in ablation("report", ran, "--format", "markdown").out
    assert ablation("report", ran, "--format", "csv").out.count("\n") >= 4


def test_report_writes_files_and_figures(ablation: Command, ran: Path, tmp_path: Path) -> None:
    ended = ablation("report", ran, "--format", "csv", "--out", tmp_path / "t.csv", "--figure", tmp_path / "g.svg")
    assert ended.code == 0, ended.err
    assert (tmp_path / "t.csv").read_text() == ablation("report", ran, "--format", "csv").out
    assert "<svg" in (tmp_path / "g.svg").read_text()


def test_report_refuses_a_metric_that_it_does_not_know(ablation: Command, ran: Path) -> None:
    refused(ablation("report", ran, "--metric", "acuracy"), "metric: unknown metric 'acuracy'")


@pytest.mark.parametrize("command", ["report", "compare"])
def test_a_format_that_is_not_there_is_refused_with_those_that_are(ablation: Command, ran: Path, command: str) -> None:
    files = [ran] * (1 + (command == "compare"))
    able = [name for name, each in formats().items() if command == "report" or each.render_comparison]
    known = ", ".join(sorted(["terminal", *able]))
    for format, remedy in (("word", f"known: {known}"), ("cvs", "did you mean 'csv'?")):
        ended = ablation(command, *files, "--format", format)
        refused(ended, f"--format: no format {format!r}")
        assert ended.err.splitlines()[1].strip() == remedy


def test_compare_refuses_one_experiment_alone(ablation: Command, ran: Path) -> None:
    refused(ablation("compare", ran), "FILE...: one experiment has nothing to be compared")


@pytest.mark.slow
def test_compare_and_export_print_what_they_found_and_wrote(ablation: Command, ran: Path, tmp_path: Path) -> None:
    assert "agreement" in ablation("compare", ran, ran).out
    ended = ablation("export", ran, "--out", tmp_path / "paper")
    assert ended.code == 0, ended.err
    assert all(Path(line).exists() for line in ended.out.splitlines())
    assert str(tmp_path / "paper" / "table.html") in ended.out


def test_a_folder_that_cannot_be_written_is_refused(ablation: Command, ran: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    ended = ablation("export", ran, "--out", tmp_path / "taken" / "paper")
    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_a_figure_of_an_unknown_kind_is_refused(ablation: Command, ran: Path, tmp_path: Path) -> None:
    ended = ablation("report", ran, "--figure", tmp_path / "gains.docx")
    assert ended.code == 2
    assert ended.err.startswith(f"error: {tmp_path / 'gains.docx'}: cannot be written: ")


def outcome_with(failures: dict[str, str]) -> Callable[..., Outcome]:
    return lambda *args, **how: Outcome(standin_plan(), failures, args[4].store)


@pytest.mark.parametrize(("failures", "code"), [({}, 0), ({"a": "broken"}, 1)])
def test_run_ends_with_the_table_and_with_one_where_stages_failed(
    ablation: Command, ran: Path, monkeypatch: pytest.MonkeyPatch, failures: dict[str, str], code: int
) -> None:
    monkeypatch.setattr("ablation.run", outcome_with(failures))
    ended = ablation("run", ran)
    assert ended.code == code
    assert "baseline" in ended.out
    assert "ablation ui" in ended.err
    assert ("failed stages: 1" in ended.err) == bool(code)


def test_a_stopped_run_says_how_to_go_on(ablation: Command, ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*args: object, **how: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("ablation.run", stop)
    ended = ablation("run", ran)
    assert ended.code == 130
    assert "The same command goes on from there" in ended.err


def test_schema_prints_the_schema(ablation: Command) -> None:
    assert ablation("schema").out == schema_text()


def test_help_names_every_command(ablation: Command) -> None:
    out = ablation("--help").out
    assert all(
        command in out
        for command in ("run", "plan", "confirm", "calibrate", "report", "export", "compare", "ui", "schema")
    )
