"""What the addresses of a plan's trainings stand on, kept with the plan so that a later one can say what changed."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ablation.experiment.planning.addresses import CORE_VERSION
from ablation.experiment.planning.source_hashes import libraries, sources
from ablation.recipe.phased import stations
from ablation.recipe.recipe import Recipe

_UNUSED = ("data", "inference", "phases")
"""What of a recipe a training's address does not hold the code of."""


def address_basis(
    recipes: Iterable[Recipe], platform: Mapping[str, str], folder: Path
) -> Mapping[str, Mapping[str, str]]:
    """What the addresses of trainings stand on beside recipes, data and streams; see ``Plan.basis``.

    Args:
        recipes: that are trained.
        platform: versions of the libraries, device class and CPU capability.
        folder: of the experiment file; modules in it are hashed where a component comes from there.
    """
    sections = [name for name in Recipe.model_fields if name not in _UNUSED]
    used = {getattr(station, name) for recipe in recipes for station in stations(recipe) for name in sections}
    settings = sorted(used, key=repr)
    return {
        "core": {"version": str(CORE_VERSION)},
        "versions": dict(platform) | libraries(settings),
        "code": sources(settings, folder),
    }
