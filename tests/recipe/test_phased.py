"""A recipe in time, against a walk from epoch to epoch."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.recipe.phased import begins, fewest_epochs, ordered, recipe_at, segments, span, stations
from ablation.recipe.recipe import Recipe

EPOCHS = 8
NUMBERED = ("one", "two", "three")


def recipe(phases: Mapping[str, Any], **sections: Any) -> Recipe:
    return Recipe.model_validate({"data": "digits", "train": {"epochs": EPOCHS}, "phases": phases, **sections})


def history(*accuracies: float) -> list[dict[str, float]]:
    return [{"val/accuracy": each} for each in accuracies]


def smoothing(to: float) -> dict[str, Any]:
    return {"loss": {"label_smoothing": to}}


starts = st.one_of(
    st.integers(1, EPOCHS - 1),
    st.builds(
        lambda epoch, condition: {"epoch": epoch, **condition},
        st.integers(0, EPOCHS - 1),
        st.one_of(
            st.builds(lambda above: {"above": above}, st.integers(1, 99)),
            st.builds(lambda plateau: {"plateau": plateau}, st.integers(1, 3)),
        ),
    ),
)
recipes = st.lists(starts, max_size=3).map(
    lambda found: recipe(
        {
            name: {"start": start, "patch": smoothing(0.1 * number)}
            for number, (name, start) in enumerate(zip(NUMBERED, found, strict=False), 1)
        }
    )
)
fixed_recipes = st.lists(st.integers(1, EPOCHS - 1), max_size=3, unique=True).map(
    lambda found: recipe(
        {
            name: {"start": start, "patch": smoothing(0.1 * number)}
            for number, (name, start) in enumerate(zip(NUMBERED, found, strict=False), 1)
        }
    )
)
histories = st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), max_size=EPOCHS).map(lambda each: history(*each))


def walked(of: Recipe, records: list[dict[str, float]]) -> tuple[int, ...]:
    """Epoch for epoch, the next phase in line begins as soon as it may."""
    line = sorted(of.phases.items(), key=lambda item: (item[1].start.epoch, item[1].start.is_conditional, item[0]))
    found: list[int] = []
    for epoch in range(len(records) + 1):
        while line:
            start, since = line[0][1].start, records[found[-1] if found else 0 : epoch]
            values = [record["val/accuracy"] for record in since]
            ready = epoch >= start.epoch
            if start.above is not None:
                ready = ready and bool(values) and values[-1] * 100 >= start.above
            if start.plateau is not None:
                ready = ready and bool(values) and len(values) - 1 - values.index(max(values)) >= start.plateau
            if not ready:
                break
            found.append(epoch)
            line.pop(0)
    return tuple(found)


@given(of=recipes, records=histories)
def test_phases_begin_as_a_walk_through_the_epochs_finds(of: Recipe, records: list[dict[str, float]]) -> None:
    assert begins(of, records) == walked(of, records)


@given(of=recipes, records=histories, count=st.integers(0, EPOCHS))
def test_later_epochs_do_not_move_what_has_begun(of: Recipe, records: list[dict[str, float]], count: int) -> None:
    earlier = begins(of, records[:count])
    assert begins(of, records)[: len(earlier)] == earlier


@given(of=recipes, records=histories)
def test_the_recipe_that_holds_has_the_last_phases_patch_and_no_phases(
    of: Recipe, records: list[dict[str, float]]
) -> None:
    now = recipe_at(of, records)
    assert now.phases == {}
    begun = walked(of, records)
    expected = ordered(of)[len(begun) - 1].patch["loss"]["label_smoothing"] if begun else 0.0
    assert now.loss.model_dump()["label_smoothing"] == expected
    assert now.model_copy(update={"loss": of.loss}) == of.model_copy(update={"phases": {}})


@given(of=recipes, records=histories)
def test_the_span_reaches_from_the_phases_beginning_to_the_next_that_is_known(
    of: Recipe, records: list[dict[str, float]]
) -> None:
    first, last = span(of, records)
    begun = walked(of, records)
    assert first == (begun[-1] if begun else 0)
    rest = ordered(of)[len(begun) :]
    known = rest and rest[0].start.above is None and rest[0].start.plateau is None
    assert last == (rest[0].start.epoch if known else EPOCHS)
    assert first <= len(records)


@given(of=recipes, records=st.lists(st.sampled_from([0.1, 0.5, 0.9]), min_size=EPOCHS, max_size=EPOCHS))
def test_no_schedule_runs_over_fewer_epochs_than_the_fewest(of: Recipe, records: list[float]) -> None:
    whole, fewest = history(*records[:-1]), fewest_epochs(of)
    begun = (0, *begins(of, whole))
    assert len(fewest) == len(stations(of)) == len(of.phases) + 1
    for number, moment in enumerate(begun):
        if moment not in begun[number + 1 :]:  # else the next phase begins at once
            first, last = span(of, whole[:moment])
            assert first == moment
            assert last - first >= fewest[number]


def test_a_schedule_before_a_condition_runs_to_the_end_and_one_behind_it_may_have_one_epoch() -> None:
    never = {"start": {"above": 90}, "patch": smoothing(0.1)}
    of = recipe({"never": never, "behind": {"start": 5, "patch": smoothing(0.2)}})
    assert fewest_epochs(of) == (EPOCHS, 1, 1)


@given(of=fixed_recipes)
def test_the_epochs_of_known_phases_add_up_to_the_training(of: Recipe) -> None:
    edges = [0, *sorted(phase.start.epoch for phase in of.phases.values()), EPOCHS]
    expected = [after - before for before, after in itertools.pairwise(edges)]
    assert list(fewest_epochs(of)) == expected


@given(of=recipes)
def test_segments_are_cut_where_known_phases_begin_before_the_first_unknown(of: Recipe) -> None:
    cuts: list[int] = []
    for phase in ordered(of):
        if phase.start.above is not None or phase.start.plateau is not None:
            break
        cuts.append(phase.start.epoch)
    parts = segments(of)
    assert [part.train.epochs for part in parts] == [*sorted(set(cuts)), EPOCHS]
    assert parts[-1] is of
    for part in parts[:-1]:
        assert all(phase.start.epoch < part.train.epochs for phase in part.phases.values())
        assert part.model_dump(exclude={"phases", "train"}) == of.model_dump(exclude={"phases", "train"})


@given(of=recipes, records=histories)
def test_a_segment_knows_all_that_holds_before_its_end(of: Recipe, records: list[dict[str, float]]) -> None:
    for part in segments(of):
        if len(records) < part.train.epochs:
            longer = recipe_at(part, records).model_copy(update={"train": of.train})
            assert longer == recipe_at(of, records)
            assert span(part, records) == span(of, records)


@given(of=fixed_recipes)
def test_every_recipe_that_holds_is_a_station(of: Recipe) -> None:
    found = stations(of)
    for epoch in range(EPOCHS):
        assert recipe_at(of, history(*[0.5] * epoch)) in found


def test_two_trainings_that_share_their_first_phase_share_its_part() -> None:
    larger = {"start": 3, "patch": {"data": {"image_size": 16}}}
    one = recipe({"larger": larger, "smoother": {"start": 5, "patch": smoothing(0.1)}})
    other = recipe({"larger": {**larger, "patch": {"data": {"image_size": 32}}}})
    assert segments(one)[0] == segments(other)[0]
    assert [len(segments(each)) for each in (one, other, recipe({}))] == [3, 2, 1]


def test_equal_epochs_go_by_name_each_on_top_of_the_one_before() -> None:
    of = recipe({"b": {"start": 2, "patch": smoothing(0.2)}, "a": {"start": 2, "patch": smoothing(0.1)}})
    assert of.phase_names == ("a", "b")
    assert recipe_at(of, history(0.5, 0.5)).loss.model_dump()["label_smoothing"] == 0.2


def test_a_phase_behind_one_that_never_begins_is_not_reached() -> None:
    of = recipe(
        {"first": {"start": {"above": 90}, "patch": smoothing(0.1)}, "then": {"start": 3, "patch": smoothing(0.2)}}
    )
    assert begins(of, history(*[0.5] * 7)) == ()
    assert begins(of, history(*[0.5] * 4, 0.9)) == (5, 5)


def test_conditions_are_counted_from_the_phase_before() -> None:
    of = recipe(
        {
            "a": {"start": 3, "patch": smoothing(0.1)},
            "b": {"start": {"epoch": 3, "plateau": 2}, "patch": smoothing(0.2)},
        }
    )
    assert begins(of, history(0.9, 0.1, 0.1, 0.1, 0.1)) == (3,)
    assert begins(of, history(0.9, 0.1, 0.1, 0.2, 0.1, 0.1)) == (3, 6)


@pytest.mark.parametrize("epochs", [1, 3, 4])
def test_a_ramp_moves_in_its_first_epoch_and_ends_at_its_number(epochs: int) -> None:
    ramp = {"loss.label_smoothing": {"to": 0.4, "epochs": epochs}, "model.head.dropout": {"to": 0.5, "epochs": 2}}
    of = recipe({"harder": {"start": 2, "ramp": ramp}}, model={"head": {"name": "linear", "dropout": 0.1}})
    held = [recipe_at(of, history(*[0.5] * epoch)) for epoch in range(EPOCHS)]
    smoothings = [each.loss.model_dump()["label_smoothing"] for each in held]
    rising = np.linspace(0, 0.4, epochs + 1)
    np.testing.assert_allclose(smoothings, [0, 0, *rising[1:], *[0.4] * (EPOCHS - 2 - epochs)], atol=1e-12)
    dropouts = [each.model.head.model_dump()["dropout"] for each in held]
    np.testing.assert_allclose(dropouts, [0.1, 0.1, 0.3, *[0.5] * 5], atol=1e-12)
    assert stations(of) == (held[0], held[-1])


def test_a_ramp_of_a_later_phase_begins_where_the_earlier_one_stands() -> None:
    of = recipe(
        {
            "up": {"start": 1, "ramp": {"loss.label_smoothing": {"to": 0.4, "epochs": 4}}},
            "down": {"start": 3, "ramp": {"loss.label_smoothing": {"to": 0.0, "epochs": 2}}},
        }
    )
    found = [recipe_at(of, history(*[0.5] * epoch)).loss.model_dump()["label_smoothing"] for epoch in range(EPOCHS)]
    np.testing.assert_allclose(found, [0, 0.1, 0.2, 0.15, 0, 0, 0, 0], atol=1e-12)
