from __future__ import annotations

import sys

import numpy as np
import torch
import torchvision

from ablation.core.versions import versions


def test_the_versions_are_those_of_the_imported_libraries() -> None:
    libraries = {"numpy": np, "torch": torch, "torchvision": torchvision}
    assert {*versions()} == {"python", *libraries}
    assert versions()["python"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    for name, library in libraries.items():  # a local build has a suffix, 2.15.0+cpu, that the metadata may lack
        assert versions()[name].partition("+")[0] == library.__version__.partition("+")[0]
