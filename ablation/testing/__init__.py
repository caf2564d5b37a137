"""The contract of components, for pytest: three lines test a component of one's own.

::

    from ablation.testing import ComponentContract
    from my_losses import PolyLoss

    class TestPolyLoss(ComponentContract):
        component = PolyLoss

It is what the components of this package are held to: a card with its parts; settings that are described, bounded,
frozen and survive YAML; numbers that are finite and drawn where the section may draw; trainings that are finite in fp32
and bf16, go on after a stop as if there had been none, and leave the next one alone. A source of data is held to
``DataSourceContract``, which needs a tiny data set besides.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(
        f"{__name__}.{module}"
        for module in ("claims", "on_numbers", "on_settings", "on_sources", "on_trainings", "uses")
    )
)

from ablation.testing.contract import ComponentContract  # noqa: E402  # what it imports is to be rewritten
from ablation.testing.on_sources import DataSourceContract  # noqa: E402
from ablation.testing.sections import SECTIONS, Section, discovered  # noqa: E402

__all__ = ["SECTIONS", "ComponentContract", "DataSourceContract", "Section", "discovered"]
