from __future__ import annotations

import pickle

import pytest

from ablation.errors import UserError, nearest, placed


def test_a_mistake_goes_from_one_process_to_another_whole() -> None:
    mistake = UserError("too small", place="augment.transforms", remedy="larger images")
    found = pickle.loads(pickle.dumps(mistake))
    assert (type(found), str(found)) == (UserError, str(mistake))
    assert (found.problem, found.place, found.remedy) == ("too small", "augment.transforms", "larger images")


def test_a_message_has_the_place_the_problem_and_the_remedy() -> None:
    assert str(UserError("no such loss")) == "no such loss"
    assert (
        str(UserError("no such loss", place="loss.name", remedy="use focal")) == "loss.name: no such loss\n  use focal"
    )


def test_a_block_adds_its_origin_to_the_place() -> None:
    with pytest.raises(UserError) as caught, placed("digits.yaml"):
        raise UserError("no such loss", place="loss.name", remedy="use focal")
    assert (caught.value.place, caught.value.problem) == ("digits.yaml: loss.name", "no such loss")
    assert caught.value.remedy == "use focal"


def test_a_misspelt_name_gets_the_nearest_and_another_the_list() -> None:
    assert nearest("resnet81", ["vgg16", "resnet18"]) == "did you mean 'resnet18'?"
    assert nearest("zzz", ["b", "a"]) == "known: a, b"
    assert nearest("zzz", map(str, range(30))).endswith("... (30 in all)")
