"""The results of studies in use: the ladder with the tuned rung, or with every variant at the best of its own study."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ablation.errors import UserError
from ablation.experiment.config.designs.leave_one_out import leave_one_out
from ablation.experiment.config.file import Experiment
from ablation.experiment.config.setting_paths import with_values
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.plan import Rung
from ablation.experiment.planning.recipes import Recipes
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.planning.variants import Ladder, ResolvedVariant, recipe_differences, resolve
from ablation.experiment.search.studies import studies_of_each, study_of
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.store.tuned_store import load_all_tuned, load_tuned
from ablation.invocation import TUNE, Remedy

NAMED = 8
"""Digits of a definition that name a new study of a row whose study was made under another one."""


@dataclass(frozen=True)
class TunedLadder:
    """A ladder with the results of tuning.

    Args:
        ladder: with the tuned recipes, and notices that tell of them.
        tuned: the studies whose best values are in use.
        unplanned: the tuned rung, where it has no study to take values from.
        remedy: the study that is waited for; None where none is.
        doubt: why the ladder that was run may have had tuned recipes which this one has not; empty where it had not.
    """

    ladder: Ladder
    tuned: tuple[Tuned, ...] = ()
    unplanned: tuple[str, ...] = ()
    remedy: Remedy | None = None
    doubt: str = ""


def tuned_ladder(experiment: Experiment, context: PlanningContext, untuned: bool = False) -> TunedLadder:
    """The experiment's ladder with the best of the studies that were frozen under their present definition.

    Args:
        untuned: whether to leave aside the studies that every variant has of its own.

    Raises:
        UserError: as ``ablation.experiment.planning.variants.resolve``, and for a ``tune`` section that cannot work.
    """
    plain = resolve(experiment, context.origin)
    rung = next((rung.name for rung in experiment.rungs if rung.tuned), None)
    own = _OwnBests() if untuned else _own_bests(experiment, context)
    doubt = "" if own.bests else own.remark
    study = study_of(experiment, context).plan if rung or experiment.tune else None
    if own.bests:
        result = _all_tuned(plain, own.bests, rung)
    elif rung and study:
        result = _with_rung(experiment, plain, rung, study, context)
    else:
        result = TunedLadder(plain)
    result = dataclasses.replace(result, doubt=doubt or result.doubt, remedy=own.remedy or result.remedy)
    space = tuple(f"tune: {text}" for text in study.space.notices) if study else ()
    return _noted(result, (*([own.remark] if own.remark else []), *space))


def rungs_needed(experiment: Experiment, values: Mapping[str, Any], origin: str) -> tuple[str, ...]:
    """The rungs that bring a setting that these values are for, so that a patch of them could not stand without."""
    recipes = Recipes(experiment, origin, values)
    rungs = [rung for rung in experiment.rungs if not (rung.control or rung.tuned)]
    picks = leave_one_out([rung.name for rung in rungs], {rung.name: rung.requires for rung in rungs})
    return tuple(pick.about for pick in picks if _lacks_setting(pick.rungs, recipes))


def _lacks_setting(rungs: tuple[str, ...], recipes: Recipes) -> bool:
    try:
        return bool(recipes.without_setting(rungs))
    except UserError:  # these rungs cannot stand together, so no design asks for them
        return False


def _noted(tuned: TunedLadder, notices: tuple[str, ...]) -> TunedLadder:
    ladder = dataclasses.replace(tuned.ladder, notices=(*tuned.ladder.notices, *notices))
    return dataclasses.replace(tuned, ladder=ladder)


def _with_rung(
    experiment: Experiment, plain: Ladder, rung: str, study: StudyPlan, context: PlanningContext
) -> TunedLadder:
    """With the row that takes the best of its study, once there is one."""
    best = load_tuned(study.definition, False, context.store)
    if best is None:
        outdated = _is_outdated(study, context)
        missing = _missing(rung, study, outdated)
        remedy = Remedy("tune", ("--study", study.definition[:NAMED])) if outdated else TUNE
        waiting = TunedLadder(plain, unplanned=(rung,), remedy=remedy, doubt=missing if outdated else "")
        return _noted(waiting, (missing,))
    ladder = resolve(experiment, context.origin, best.values)
    variants = tuple(
        dataclasses.replace(each, trials=best.trials) if rung in each.rungs else each for each in ladder.variants
    )
    return TunedLadder(dataclasses.replace(ladder, variants=variants), (best,))


def _is_outdated(study: StudyPlan, context: PlanningContext) -> bool:
    """Whether the row was tuned as it was then, and not as it is now."""
    return any(each.row == study.row and not each.each for each in _of_experiment(study.experiment, context))


def _missing(rung: str, study: StudyPlan, outdated: bool) -> str:
    changed = f"and there is one of {study.row}, but the recipe, the data or the space changed since"
    return f"{rung} takes the best of a study, {changed if outdated else 'which is not there yet'}"


@dataclass(frozen=True)
class _OwnBests:
    """The studies of every variant's own.

    Args:
        bests: the best of every variant by its name; none where they may not be used.
        remark: what the user should know of them.
        remedy: what would make them usable.
    """

    bests: Mapping[str, Tuned] = field(default_factory=dict)
    remark: str = ""
    remedy: Remedy | None = None


def _own_bests(experiment: Experiment, context: PlanningContext) -> _OwnBests:
    """The best of every variant; none where some lack it or had other numbers of trials."""
    if not any(each.each for each in _of_experiment(experiment.name, context)):
        return _OwnBests()
    try:
        plans = [study.plan for study in studies_of_each(experiment, context)]
    except UserError as error:  # an earlier file could be tuned; that is no reason not to run this one
        remark = " ".join(str(error).split())
        return _OwnBests(remark=f"the variants' own studies are left aside, as the file cannot be tuned now: {remark}")
    bests = {plan.row: load_tuned(plan.definition, True, context.store) for plan in plans}
    # a study is known by what it tuned, whose name in the file may be another one since
    found = {row: dataclasses.replace(best, row=row) for row, best in bests.items() if best is not None}
    trials = sorted({best.trials for best in found.values()})
    searches = {(best.sampler, best.pruner) for best in found.values()}
    remedy = _tuning_each(plans, trials, context)
    if len(found) < len(plans):
        remark = f"{len(found)} of {len(plans)} variants have a study of their own as the file is now"
        return _OwnBests(remark=f"{remark}, and none is used until all have one", remedy=remedy)
    if len(trials) > 1:
        remark = f"the variants' own studies had {trials[0]} to {trials[-1]} trials"
        return _OwnBests(remark=f"{remark}, and none is used until all had as many", remedy=remedy)
    if len(searches) > 1:
        remark = "the variants' own studies had different samplers or pruners, so none is used"
        return _OwnBests(remark=remark, remedy=remedy)
    remark = (
        f"every variant has the best settings of its own study of {trials[0]} trials; --untuned runs the file's own"
    )
    return _OwnBests(found, remark)


def _tuning_each(plans: Sequence[StudyPlan], trials: Sequence[int], context: PlanningContext) -> Remedy:
    """As many trials for every variant as any had, in new studies where those of their names had other definitions.

    Args:
        trials: the numbers that there are, ascending.
    """
    number, definitions = trials[-1] if trials else plans[0].trials, {plan.name: plan.definition for plan in plans}
    kept_under = [each for each in _of_experiment(plans[0].experiment, context) if each.study in definitions]
    outdated = any(each.definition != definitions[each.study] for each in kept_under)
    named = ("--study", plans[0].definition[:NAMED]) if outdated else ()
    return Remedy("tune", ("--each", *(("--trials", str(number)) if number != plans[0].trials else ()), *named))


def _of_experiment(name: str, context: PlanningContext) -> Iterator[Tuned]:
    return (each for each in load_all_tuned(context.store) if each.study.startswith(f"{name}: "))


def _all_tuned(plain: Ladder, found: Mapping[str, Tuned], rung: str | None) -> TunedLadder:
    """Every variant at its own best, controls at that of the row they repeat."""
    names = {variant.content: variant.name for variant in plain.variants}
    variants = tuple(_at_best(each, found[names[(each.recipe, each.ensemble, 0)]]) for each in plain.variants)
    rungs = _described(plain, {variant.name: variant for variant in variants})
    result = TunedLadder(dataclasses.replace(plain, variants=variants, rungs=rungs), tuple(found.values()))
    left_out = (f"{rung} is left out, as every variant is tuned by a study of its own",) if rung else ()
    return _noted(result, left_out)


def _at_best(variant: ResolvedVariant, best: Tuned) -> ResolvedVariant:
    return dataclasses.replace(variant, recipe=with_values(variant.recipe, best.values), trials=best.trials)


def _described(plain: Ladder, variants: Mapping[str, ResolvedVariant]) -> tuple[Rung, ...]:
    """The rungs by what differs between tuned rows: a rung's own patch, and what tuning made of it."""
    found, above = [], plain.rows[0]
    for rung, row in zip(plain.rungs, plain.rows[1:], strict=True):
        if not rung.control:
            rung, above = _between(rung, variants[above], variants[row]), row
        found.append(rung)
    return tuple(found)


def _between(rung: Rung, above: ResolvedVariant, row: ResolvedVariant) -> Rung:
    return dataclasses.replace(rung, differences=recipe_differences(above.recipe, row.recipe))
