"""The ladder with the results of studies: with the tuned rung, or with every variant at the best of its own study."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ablation.errors import UserError
from ablation.experiment.config.file import Experiment
from ablation.experiment.config.setting_paths import with_values
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.plan import Rung
from ablation.experiment.planning.recipes import Recipes
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.planning.variants import Ladder, ResolvedVariant, design_picks, recipe_differences, resolve
from ablation.experiment.search.studies import studies_of_each, study_of
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.store.tuned_store import load_all_tuned, load_tuned
from ablation.invocation import TUNE, Remedy

NAMED = 8
"""Digits of the definition in the name of a new study, where the row has a study of another definition."""


@dataclass(frozen=True)
class TunedLadder:
    """A ladder with the results of tuning.

    Args:
        ladder: with the tuned recipes, and notices about them.
        tuned: the studies whose best values are in use.
        unplanned: the tuned rung, where it has no study to take values from.
        remedy: the study that is missing; None where none is.
        doubt: why the ladder that was run may have had tuned recipes which this one has not; empty where it had not.
    """

    ladder: Ladder
    tuned: tuple[Tuned, ...] = ()
    unplanned: tuple[str, ...] = ()
    remedy: Remedy | None = None
    doubt: str = ""


def tuned_ladder(context: PlanningContext, untuned: bool = False) -> TunedLadder:
    """The experiment's ladder with the best of the studies that were frozen under their present definition.

    Args:
        untuned: whether to ignore the studies that every variant has of its own.

    Raises:
        UserError: as ``ablation.experiment.planning.variants.resolve``, and for a ``tune`` section that cannot work.
    """
    experiment = context.experiment
    plain = resolve(experiment, context.origin)
    rung = next((rung.name for rung in experiment.rungs if rung.tuned), None)
    own = _OwnBests() if untuned else _own_bests(context)
    study = study_of(experiment, context).plan if rung or experiment.tune else None
    if own.bests:
        result = _all_tuned(plain, own.bests, rung)
    elif rung and study:
        result = _with_rung(plain, rung, study, context)
    else:
        result = TunedLadder(plain)
    space = [f"tune: {text}" for text in study.space.notices] if study else []
    ladder = _noted(result.ladder, *([own.remark] if own.remark else []), *space)
    doubt = result.doubt if own.bests else own.remark or result.doubt
    return dataclasses.replace(result, ladder=ladder, doubt=doubt, remedy=own.remedy or result.remedy)


def rungs_needed(experiment: Experiment, values: Mapping[str, Any], origin: str) -> tuple[str, ...]:
    """The rungs that bring a setting that these values are for, so that a patch of them could not stand without."""
    recipes = Recipes(experiment, origin, values)
    picks = design_picks("leave_one_out", [rung for rung in experiment.rungs if not rung.tuned])
    return tuple(pick.about for pick in picks if _lacks_setting(pick.rungs, recipes))


def _lacks_setting(rungs: tuple[str, ...], recipes: Recipes) -> bool:
    try:
        return bool(recipes.without_setting(rungs))
    except UserError:  # these rungs cannot stand together, so no design asks for them
        return False


def _noted(ladder: Ladder, *notices: str) -> Ladder:
    return dataclasses.replace(ladder, notices=(*ladder.notices, *notices))


def _with_rung(plain: Ladder, rung: str, study: StudyPlan, context: PlanningContext) -> TunedLadder:
    """With the row of the tuned rung, once its study has a best."""
    best = load_tuned(study.definition, False, context.store)
    if best is not None:
        ladder = resolve(context.experiment, context.origin, best.values)
        variants = tuple(
            dataclasses.replace(each, trials=best.trials) if rung in each.rungs else each for each in ladder.variants
        )
        return TunedLadder(dataclasses.replace(ladder, variants=variants), (best,))
    if any(other.row == study.row and not other.each for other in _of_experiment(context)):
        changed = f"and there is one of {study.row}, but the recipe, the data or the space changed since"
        doubt = f"{rung} takes the best of a study, {changed}"
        remedy = Remedy("tune", ("--study", study.definition[:NAMED]))
        return TunedLadder(_noted(plain, doubt), unplanned=(rung,), remedy=remedy, doubt=doubt)
    missing = f"{rung} takes the best of a study, which is not there yet"
    return TunedLadder(_noted(plain, missing), unplanned=(rung,), remedy=TUNE)


@dataclass(frozen=True)
class _OwnBests:
    """The studies of every variant's own.

    Args:
        bests: the best of every variant by its name; empty where they may not be used.
        remark: what the user should know of them.
        remedy: what would make them usable.
    """

    bests: Mapping[str, Tuned] = field(default_factory=dict)
    remark: str = ""
    remedy: Remedy | None = None


def _own_bests(context: PlanningContext) -> _OwnBests:
    """The best of every variant; none where some lack it or had other numbers of trials."""
    if not any(best.each for best in _of_experiment(context)):
        return _OwnBests()
    try:
        plans = [study.plan for study in studies_of_each(context.experiment, context)]
    except UserError as error:  # an earlier file could be tuned; that is no reason not to run this one
        reason = " ".join(str(error).split())
        return _OwnBests(remark=f"the variants' own studies are left aside, as the file cannot be tuned now: {reason}")
    stored = {plan.row: load_tuned(plan.definition, True, context.store) for plan in plans}
    # a study is found by what it tuned, whose name in the file may have changed since
    bests = {row: dataclasses.replace(best, row=row) for row, best in stored.items() if best is not None}
    trials = sorted({best.trials for best in bests.values()})
    if len(bests) < len(plans):
        number = f"{len(bests)} of {len(plans)} variants have a study of their own as the file is now"
        remark = f"{number}, and none is used until all have one"
    elif len(trials) > 1:
        numbers = f"the variants' own studies had {trials[0]} to {trials[-1]} trials"
        remark = f"{numbers}, and none is used until all had as many"
    elif len({(best.sampler, best.pruner) for best in bests.values()}) > 1:
        remark = "the variants' own studies had different samplers or pruners, so none is used"
    else:
        used = f"every variant has the best settings of its own study of {trials[0]} trials"
        return _OwnBests(bests, f"{used}; --untuned runs the file's own")
    return _OwnBests(remark=remark, remedy=_tuning_each(plans, trials, context))


def _tuning_each(plans: Sequence[StudyPlan], trials: Sequence[int], context: PlanningContext) -> Remedy:
    """As many trials for every variant as any had, in new studies where those of their names had other definitions.

    Args:
        trials: the numbers that stored studies have, ascending.
    """
    number, definitions = trials[-1] if trials else plans[0].trials, {plan.name: plan.definition for plan in plans}
    stored = _of_experiment(context)
    outdated = any(best.definition != definitions.get(best.study, best.definition) for best in stored)
    named = ("--study", plans[0].definition[:NAMED]) if outdated else ()
    return Remedy("tune", ("--each", *(("--trials", str(number)) if number != plans[0].trials else ()), *named))


def _of_experiment(context: PlanningContext) -> Iterator[Tuned]:
    return (best for best in load_all_tuned(context.store) if best.study.startswith(f"{context.experiment.name}: "))


def _all_tuned(plain: Ladder, bests: Mapping[str, Tuned], tuned_rung: str | None) -> TunedLadder:
    """Every variant at its own best, controls at that of the row they repeat."""
    names = {variant.content: variant.name for variant in plain.variants}
    variants = []
    for variant in plain.variants:
        best = bests[names[variant.recipe, variant.ensemble, 0]]
        recipe = with_values(variant.recipe, best.values)
        variants.append(dataclasses.replace(variant, recipe=recipe, trials=best.trials))
    ladder = dataclasses.replace(plain, variants=tuple(variants), rungs=tuple(_redescribed(plain, variants)))
    left_out = [f"{tuned_rung} is left out, as every variant is tuned by a study of its own"] if tuned_rung else []
    return TunedLadder(_noted(ladder, *left_out), tuple(bests.values()))


def _redescribed(plain: Ladder, variants: Sequence[ResolvedVariant]) -> Iterator[Rung]:
    """The rungs by what differs between tuned rows: a rung's own patch, and what tuning made of it."""
    recipes, above = {variant.name: variant.recipe for variant in variants}, plain.rows[0]
    for rung, row in zip(plain.rungs, plain.rows[1:], strict=True):
        if rung.control:
            yield rung
        else:
            yield dataclasses.replace(rung, differences=recipe_differences(recipes[above], recipes[row]))
            above = row
