"""The moving average of a model's weights."""

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ablation.recipe.train import EMA

_Tensors = tuple[Tensor, ...] | list[Tensor]


def moving_average(model: nn.Module, settings: EMA | None) -> AveragedModel | None:
    """A moving average that starts as a copy of ``model``; None where the recipe has none."""
    if settings is None:
        return None

    def update(averages: _Tensors, weights: _Tensors, count: Tensor | int) -> None:
        # reading ``count`` on the device would wait for the step; ``n_averaged`` is on the CPU
        decay = decay_after(int(average.n_averaged), settings)
        get_ema_multi_avg_fn(decay)(averages, weights, count)  # type: ignore[no-untyped-call]

    # buffers, the statistics of BatchNorm, are copied: averaged integer counters would go stale
    average = AveragedModel(model, multi_avg_fn=update, use_buffers=False)
    return average


def decay_after(updates: int, settings: EMA) -> float:
    """The decay of the update that follows ``updates`` others: the weight of the old average, in [0, 1]."""
    return min(settings.decay, (1 + updates) / (10 + updates)) if settings.warmup else settings.decay
