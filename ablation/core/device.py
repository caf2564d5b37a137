"""The device of a stage, and torch's settings while the stage runs."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ablation.errors import UserError
from ablation.recipe.train import TrainSettings


def pick(name: str) -> torch.device:
    """The device of a ``--device`` option: ``auto`` is CUDA where it is available, else the CPU.

    Raises:
        UserError: no such device, or no CUDA.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UserError(f"no device {name!r}", place="--device", remedy="use auto, cpu, cuda or cuda:N") from error
    if device.type not in ("cpu", "cuda"):
        raise UserError(f"{name!r} is not supported", place="--device", remedy="use auto, cpu, cuda or cuda:N")
    if device.type == "cpu" and device.index is not None:
        raise UserError(f"{name!r} is not supported", place="--device", remedy="the CPU has no number: use cpu")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UserError("no CUDA device is available", place="--device", remedy="use --device cpu")
    return device


@contextmanager
def configured(settings: TrainSettings) -> Iterator[None]:
    """Set torch's threads and deterministic mode from the recipe, and restore them after the block."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    filled = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(settings.deterministic)
    # deterministic mode would also fill every new tensor, an aid for debugging
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic)
        torch.utils.deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]


def dtype_of(settings: TrainSettings) -> torch.dtype:
    """The floating-point type of the recipe's precision."""
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[settings.precision]


def autocast(settings: TrainSettings, device: torch.device) -> torch.autocast:
    """The autocast context of the recipe's precision; disabled for fp32."""
    return torch.autocast(device.type, dtype=dtype_of(settings), enabled=settings.precision != "fp32")
