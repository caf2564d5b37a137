from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ablation.recipe.merge import flattened, merged

leaves = st.integers(0, 3) | st.sampled_from(["x", "y"]) | st.lists(st.integers(0, 2), max_size=2) | st.none()
keys = st.sampled_from(["a", "b", "c"])
plain = st.recursive(leaves, lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=3), max_leaves=8)
trees = st.dictionaries(keys, plain, max_size=3)
choosing = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda settings, key, name: settings | {key: name},
        st.dictionaries(keys, inner, min_size=1, max_size=3),
        st.sampled_from(["name", "source"]),
        st.sampled_from(["x", "y"]),
    ),
    max_leaves=8,
)
choices = st.dictionaries(keys, choosing, max_size=3)


def by_paths(resolved: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Merging without choices, leaf by leaf: what a leaf of the patch stands on or under gives way."""
    kept = flattened(resolved)
    for path, value in flattened(patch).items():
        clashing = [old for old in kept if f"{old}.".startswith(f"{path}.") or f"{path}.".startswith(f"{old}.")]
        for old in clashing:
            del kept[old]
        kept[path] = value
    return kept


def test_mappings_merge_key_by_key_and_the_rest_stays() -> None:
    old = {"train": {"epochs": 5, "batch_size": 32}, "loss": {"name": "focal"}}
    assert merged(old, {"train": {"epochs": 9}}) == {**old, "train": {"epochs": 9, "batch_size": 32}}


def test_a_list_replaces_a_list() -> None:
    assert merged({"tta": ["identity", "hflip"]}, {"tta": ["shift"]}) == {"tta": ["shift"]}


def test_a_changed_name_replaces_the_whole_choice() -> None:
    old = {"loss": {"name": "focal", "gamma": 2.0}, "data": {"source": "csv", "path": "x", "image_size": 8}}
    assert merged(old, {"loss": {"name": "cross_entropy"}})["loss"] == {"name": "cross_entropy"}
    assert merged(old, {"data": {"source": "digits"}})["data"] == {"source": "digits"}


def test_the_same_name_again_replaces_nothing() -> None:
    old = {"loss": {"name": "focal", "gamma": 2.0}}
    assert merged(old, {"loss": {"name": "focal", "alpha": 0.25}})["loss"] == {
        "name": "focal",
        "gamma": 2.0,
        "alpha": 0.25,
    }


def test_a_choice_inside_a_section_is_replaced_alone() -> None:
    old = {"model": {"backbone": {"name": "small_cnn", "width": 8}, "weights": "none"}}
    new = merged(old, {"model": {"backbone": {"name": "resnet18"}}})
    assert new == {"model": {"backbone": {"name": "resnet18"}, "weights": "none"}}


@given(trees, trees)
def test_without_choices_every_leaf_of_the_patch_wins_and_every_other_stays(
    old: dict[str, Any], patch: dict[str, Any]
) -> None:
    assert flattened(merged(old, patch)) == by_paths(old, patch)


@given(choices, choices)
def test_every_leaf_of_a_patch_stands_in_the_result(old: dict[str, Any], patch: dict[str, Any]) -> None:
    found = flattened(merged(old, patch))
    assert {path: found[path] for path in flattened(patch)} == flattened(patch)


@given(choices, choices)
def test_a_choice_never_keeps_a_setting_of_another(old: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, new in patch.items():
        before = old.get(key)
        if isinstance(new, dict) and (not isinstance(before, dict) or any(new[k] != before.get(k) for k in kinds(new))):
            assert merged(old, patch)[key] == new


def kinds(node: Mapping[str, Any]) -> list[str]:
    return [key for key in ("name", "source") if key in node]


@given(choices, choices)
def test_merging_twice_is_merging_once_and_changes_neither_argument(old: dict[str, Any], patch: dict[str, Any]) -> None:
    before = copy.deepcopy((old, patch))
    once = merged(old, patch)
    assert merged(once, patch) == once
    assert (old, patch) == before


@given(choices)
def test_an_empty_patch_and_the_recipe_itself_change_nothing(old: dict[str, Any]) -> None:
    assert merged(old, {}) == merged(old, old) == old


def test_flattened_joins_keys_by_dots_and_keeps_lists_and_empty_mappings_whole() -> None:
    tree = {"a": {"b": {"c": 1}, "d": [1, {"e": 2}]}, "f": {}}
    assert flattened(tree) == {"a.b.c": 1, "a.d": [1, {"e": 2}], "f": {}}


@given(trees)
def test_flattened_loses_no_leaf(tree: dict[str, Any]) -> None:
    rebuilt: dict[str, Any] = {}
    for path, value in flattened(tree).items():
        *parents, last = path.split(".")
        node = rebuilt
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    assert rebuilt == tree
