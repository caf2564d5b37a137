from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from ablation.experiment.planning.address_basis import address_basis
from ablation.experiment.planning.addresses import CORE_VERSION
from ablation.recipe.recipe import Recipe

PLAIN = Recipe.model_validate({"data": {"source": "digits"}})
FOCAL = Recipe.model_validate({"data": {"source": "digits"}, "loss": {"name": "focal"}})


def test_the_basis_names_the_code_of_every_recipe_but_not_that_of_its_data(tmp_path: Path) -> None:
    plain, both = (address_basis(recipes, {"torch": "1"}, tmp_path) for recipes in ([PLAIN], [PLAIN, FOCAL]))
    assert both["core"] == {"version": str(CORE_VERSION)}
    assert both["versions"]["torch"] == "1"
    assert plain["code"].items() <= both["code"].items()
    assert type(FOCAL.loss).__module__ in set(both["code"]) - set(plain["code"])
    assert not any(name.startswith(("ablation.recipe.data", "ablation.recipe.inference")) for name in both["code"])


def test_the_library_of_a_component_is_among_the_versions(tmp_path: Path) -> None:
    libraries = {name for section in ("loss", "augment", "schedule") for name in getattr(PLAIN, section).libraries}
    versions = address_basis([PLAIN], {}, tmp_path)["versions"]
    assert all(versions[name] == version(name) for name in libraries)
    assert address_basis([FOCAL, PLAIN], {}, tmp_path) == address_basis([PLAIN, FOCAL], {}, tmp_path)
