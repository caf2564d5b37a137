from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence

import pytest
from rich.console import Console

from ablation.core.profiling.op_counts import Work
from ablation.core.profiling.profile import Profile
from ablation.core.profiling.roofline import Peak, Roofline
from ablation.core.profiling.speed_options import SpeedOption, TimedOption
from ablation.reporting.texts.profile_text import profile_record, profile_text

PARTS = {"data": 0.001, "augmentation": 0.002, "forward_backward": 0.006, "optimizer": 0.001, "evaluation": 0.01}
FORMAT = SpeedOption("memory_format", "channels_last")
PAYS = TimedOption(FORMAT, (1.5, 2.0, 2.5), extra_seconds=4.2, epoch_seconds=2.0)
FAILED = TimedOption(SpeedOption("compile", True), problem="no compiler")


def found(parts: Mapping[str, float] = PARTS, work: Work = Work(5 * 10**6, {2**19: 10**6})) -> Profile:  # noqa: B008 - frozen
    line = Roofline(work, Peak(1e9, {1: 1e9}), sum(parts.values()) - parts["evaluation"])
    return Profile(steps=30, images=960, parts=parts, setup_seconds=0.44, epoch_steps=8, roofline=line)


def shown(profile: Profile, tried: Sequence[TimedOption] = ()) -> str:
    text = io.StringIO()
    Console(file=text, width=80).print(profile_text("+ Focal loss", "cpu", profile, tried))
    return text.getvalue()


def cells(text: str, beginning: str) -> list[str]:
    return next(line for line in text.splitlines() if line.startswith(beginning)).split()


def flowing(text: str) -> str:
    return " ".join(text.split())


def test_each_part_has_its_time_and_share() -> None:
    text = shown(found())
    assert cells(text, "data") == ["data", "1", "5.0%"]
    assert cells(text, "augmentation") == ["augmentation", "2", "10.0%"]
    assert cells(text, "evaluation")[-2:] == ["10", "50.0%"]
    assert (
        "3,200 images/s without evaluation, in 30 steps of 32 images; 0.44 s once to set up, 8 steps an epoch"
        in flowing(text)
    )


def test_the_roofline_says_what_binds_and_how_near_it_is() -> None:
    text = flowing(shown(found()))
    assert "5 MFLOP a step take 5 ms at 1 GFLOP/s; 1 MB take 1 ms, in memory at 1 GB/s" in text
    assert "50.0% of the roofline, which arithmetic would bind; MFU 50.0%" in text
    assert "what limits: the device's arithmetic" in text
    assert "more than all of it" not in text


def test_a_share_above_one_is_explained() -> None:
    assert "measure again" in flowing(shown(found(work=Work(0, {2**19: 2 * 10**7}))))


def test_an_option_shows_what_to_paste_and_from_which_epoch_it_pays() -> None:
    text = shown(found(), [PAYS])
    assert cells(text, "train.memory")[:4] == ["train.memory_format=channels_last", "2.00x", "1.50-2.50", "+4.2"]
    assert cells(text, "train.memory")[-3:] == ["from", "epoch", "5"]
    assert "makes another recipe" in flowing(text)
    assert "unclear" not in text


@pytest.mark.parametrize(("ratios", "word"), [((0.5, 0.6), "never"), ((0.9, 1.1), "unclear")])
def test_an_option_that_does_not_pay_says_so(ratios: tuple[float, ...], word: str) -> None:
    assert cells(shown(found(), [TimedOption(FORMAT, ratios, 0.0, 1.0)]), "train.memory")[-1] == word


def test_a_failed_option_says_why() -> None:
    text = shown(found(), [FAILED, PAYS])
    assert "train.compile=true failed: no compiler" in text
    assert "train.memory_format=channels_last" in text


def test_without_options_there_is_nothing_about_them() -> None:
    assert "--set" not in shown(found())


def test_threads_are_put_beside_the_slots_of_a_ladder() -> None:
    assert "a ladder runs fewer at once" in flowing(
        shown(found(), [TimedOption(SpeedOption("threads", 2), (1.4, 1.5), 0.0, 1.0)])
    )


def test_the_record_is_json_and_holds_what_the_text_says() -> None:
    record = json.loads(json.dumps(profile_record("+ Focal loss", "cpu", found(), [PAYS, FAILED]), allow_nan=False))
    assert sum(part["share"] for part in record["parts"].values()) == pytest.approx(1)
    assert record["parts"]["augmentation"]["seconds"] == 0.002
    assert record["images_per_second"] == pytest.approx(3200)
    assert record["roofline"]["bound"] == "arithmetic"
    assert record["roofline"]["share"] == pytest.approx(0.5)
    pays, failed = record["levers"]
    assert (pays["override"], pays["ratio"], pays["break_even_epochs"]) == ("train.memory_format=channels_last", 2.0, 5)
    assert (failed["ratio"], failed["problem"]) == (None, "no compiler")
