"""Designs beside the ladder: each module of this folder holds the design of its name as ``DESIGN``."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from ablation.experiment.config.design import Design


@functools.cache
def designs() -> Mapping[str, Design]:
    """Every design beside the ladder by name, in the order of their files."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return MappingProxyType({name: importlib.import_module(f"{__name__}.{name}").DESIGN for name in names})
