"""Tables on devices."""

from __future__ import annotations

import torch

from ablation.recipe.augment.batch.constant import Constant


def test_a_table_is_copied_to_a_device_once() -> None:
    table = Constant(torch.arange(3))
    assert table.on(torch.device("cpu")) is table.on(torch.device("cpu"))
    assert table.on(torch.device("meta")) is table.on(torch.device("meta"))
