"""The contract of components, for pytest: three lines test your own component.

::

    from ablation.testing import ComponentContract
    from my_losses import PolyLoss

    class TestPolyLoss(ComponentContract):
        component = PolyLoss

The components of this package pass the same tests: a card with all parts; settings that are described, bounded, frozen
and survive YAML; finite numbers, random only where the section may draw; trainings that are finite in fp32 and bf16,
resume bit for bit, and do not affect the next one. A source of data is tested by ``DataSourceContract``, which also
needs a tiny data set.
"""

import pytest

_ASSERTING = ("claims", "declaration", "on_settings", "on_sources", "on_trainings", "uses")
pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in _ASSERTING))

from ablation.testing.contract import ComponentContract  # noqa: E402  # after the registration, so that its imports are rewritten
from ablation.testing.on_sources import DataSourceContract  # noqa: E402
from ablation.testing.sections import SECTIONS, Section, discovered  # noqa: E402

__all__ = ["SECTIONS", "ComponentContract", "DataSourceContract", "Section", "discovered"]
