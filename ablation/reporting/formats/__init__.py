"""Export formats, one module each, found by looking into this folder.

A module is named after its format, which it holds as ``FORMAT``; what it needs besides is imported when it renders, so
that the command line can list the formats.
"""

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from ablation.reporting.export_format import ExportFormat


@functools.cache
def formats() -> Mapping[str, ExportFormat]:
    """Every format by name, in the order of their files."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return MappingProxyType({name: importlib.import_module(f"{__name__}.{name}").FORMAT for name in names})
