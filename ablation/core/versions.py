"""The versions of the libraries that results depend on; imports no torch."""

import functools
import platform
from collections.abc import Mapping
from importlib.metadata import version


@functools.cache
def versions() -> Mapping[str, str]:
    """Versions of ``python`` (major and minor), ``numpy``, ``torch`` and ``torchvision``."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{name: version(name) for name in ("numpy", "torch", "torchvision")}}
