from __future__ import annotations

from ablation.core.profiling.lr_range import Suggestion
from ablation.experiment.config.yaml_text import parse_value
from ablation.recipe.schedule.constant import Constant
from ablation.recipe.schedule.onecycle import OneCycle
from ablation.reporting.texts.lr_text import lr_text


def test_a_rate_is_a_patch_and_a_schedule_that_rises_is_mentioned() -> None:
    found = Suggestion(1e-3, 2e-3, 5e-4, (), "")
    constant, rising = (lr_text("+ A", found, {"lr": 1e-3}, each).plain for each in (Constant(), OneCycle()))
    assert parse_value(constant.partition(":  ")[2], "text") == {"optimizer": {"lr": 1e-3}}
    assert rising.startswith(constant)
    assert "onecycle rises to" in rising


def test_without_a_rate_there_is_the_reason() -> None:
    assert lr_text("+ A", Suggestion(None, None, None, (), "it is flat"), None, Constant()).plain == "it is flat"
