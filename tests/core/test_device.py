from __future__ import annotations

from contextlib import suppress

import pytest
import torch

from ablation.core.device import autocast, configured, pick
from ablation.errors import UserError
from ablation.recipe.train import TrainSettings


def test_auto_is_cuda_where_there_is_one() -> None:
    assert pick("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert pick("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "", "mps", "meta", "cuda:x"])
def test_another_device_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(UserError, match="cuda:N") as caught:
        pick(name)
    assert caught.value.place == "--device"


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_is_refused_where_there_is_none() -> None:
    with pytest.raises(UserError, match="--device cpu"):
        pick("cuda")


def test_threads_and_determinism_hold_for_the_block_even_when_it_fails() -> None:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with suppress(ZeroDivisionError), configured(TrainSettings(threads=2, deterministic=True)):
        assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == (2, True)
        raise ZeroDivisionError
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_autocast_computes_in_the_recipes_precision(precision: str, dtype: torch.dtype) -> None:
    with autocast(TrainSettings.model_validate({"precision": precision}), torch.device("cpu")):
        assert torch.nn.Linear(3, 2)(torch.ones(1, 3)).dtype == dtype
