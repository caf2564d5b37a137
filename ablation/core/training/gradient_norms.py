"""The norm of the gradient by layer group, measured in a few steps of an epoch.

Asked by    004_7c9170eca9dbe505.txt (gradient monitoring: average norm per epoch).
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

SAMPLED = 8
"""Steps measured in an epoch: they give a mean to about a third, at a negligible cost."""


class GradientNorms:
    """L2 norms of the gradients of one epoch, in total and by group, before clipping; kept on the device to the end.

    A parameter without a gradient (a frozen one) does not count; one that two groups share counts in the first.

    Args:
        steps: number of optimizer steps of the epoch.
        overflow_skips: leave steps whose gradients are not finite out of the means, as a gradient scaler skips them;
            otherwise one such step makes the mean not finite.
    """

    def __init__(self, groups: Sequence[tuple[str, nn.Module]], steps: int, *, overflow_skips: bool = False) -> None:
        self._steps = frozenset(np.linspace(0, steps - 1, min(SAMPLED, steps)).round().astype(int).tolist())
        self._overflow_skips = overflow_skips
        self._groups = _own_parameters(groups)
        self._norms: defaultdict[str, list[Tensor]] = defaultdict(list)

    @torch.no_grad()
    def add(self, step: int, scale: Tensor | float = 1.0) -> None:
        """Measure the current gradients, divided by ``scale``, if ``step`` (from 0 in the epoch) is a measured one."""
        if step not in self._steps:
            return
        gradients = {
            name: [weight.grad for weight in parameters if weight.grad is not None]
            for name, parameters in self._groups.items()
        }
        norms = {name: get_total_norm(tensors) / scale for name, tensors in gradients.items() if tensors}
        if norms:
            self._norms["grad_norm"].append(get_total_norm(list(norms.values())))
        for name, norm in norms.items():
            self._norms[f"grad_norm/{name}"].append(norm)

    def means(self) -> dict[str, float]:
        """Means over the steps measured: ``grad_norm`` and ``grad_norm/<group>``; NaN where every step was skipped."""
        if not self._norms:
            return {}
        rows = [self._mean(torch.stack(norms)) for norms in self._norms.values()]
        return dict(zip(self._norms, torch.stack(rows).tolist(), strict=True))

    def _mean(self, norms: Tensor) -> Tensor:
        """The mean of norms (steps,), as a scalar on their device."""
        if not self._overflow_skips:
            return norms.mean()
        return torch.where(norms.isfinite(), norms, torch.nan).nanmean()


def _own_parameters(groups: Sequence[tuple[str, nn.Module]]) -> dict[str, list[nn.Parameter]]:
    seen: set[nn.Parameter] = set()
    own: dict[str, list[nn.Parameter]] = {}
    for name, module in groups:
        own[name] = [weight for weight in module.parameters() if weight not in seen]
        seen.update(own[name])
    return own
