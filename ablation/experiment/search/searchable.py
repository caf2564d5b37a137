"""What is searched of a row: by default what its components suggest, and some settings never."""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from ablation.errors import UserError
from ablation.experiment.config.search import BY_EPOCH, Choices, Range, TuneSettings
from ablation.experiment.config.setting_paths import has_setting
from ablation.recipe.component import Component, choices
from ablation.recipe.merge import flattened
from ablation.recipe.phased import stations
from ablation.recipe.recipe import Recipe
from ablation.recipe.search import NotSearched, UsualChoices, UsualRange
from ablation.recipe.settings import Settings

SearchedSettings = Mapping[str, Range | Choices]

_UNSEARCHED = ("data", "inference", "phases")
"""The sections of a recipe that are not searched by default."""


def default_space(recipe: Recipe) -> tuple[SearchedSettings, tuple[str, ...]]:
    """The space of a row for which the file gives none, and a notice for each setting of the row that is left out.

    It joins ``Component.search_space`` of the row's components and of those that could replace them; settings that the
    row does not have are left out later, with a notice.
    """
    space: dict[str, Range | Choices] = {}
    notices: list[str] = []
    for part, component in _components(recipe):
        for name, usual in _usual(component):
            path = f"{part}.{name}"
            if isinstance(usual, NotSearched):
                notices.append(f"{path} is left out: {usual.reason}")
            elif has_setting(recipe, path) and _has_no_effect(path, recipe):
                notices.append(f"{path} is left out: {_scaling(path, recipe)}")
            elif isinstance(usual, UsualChoices):
                space[path] = Choices(choices=usual.choices)
            else:
                space[path] = Range(low=usual.low, high=usual.high, log=usual.log)
    return space, tuple(notices)


def _components(recipe: Recipe) -> list[tuple[str, Component]]:
    """The components of a recipe with their dotted paths; the optimizer first, as its learning rate matters most."""
    sections = [name for name in type(recipe).model_fields if name not in _UNSEARCHED]
    components = [component for name in sections for component in _inside(recipe, name)]
    return sorted(components, key=lambda component: component[0] != "optimizer")


def _inside(owner: Settings, name: str, prefix: str = "") -> Iterator[tuple[str, Component]]:
    part, path = getattr(owner, name), f"{prefix}{name}"
    if isinstance(part, Component):
        yield path, part
    if isinstance(part, Settings):
        for inner in type(part).model_fields:
            yield from _inside(part, inner, f"{path}.")


def _usual(component: Component) -> Iterator[tuple[str, UsualRange | UsualChoices | NotSearched]]:
    """A component's suggestions, then those of other components of its section for settings that it does not have."""
    yield from component.search_space().items()
    seen = set(type(component).model_fields)
    for other in _others(component):
        for name, usual in other.search_space().items():
            if name not in seen:
                seen.add(name)
                yield name, usual


def _others(component: Component) -> Iterator[Component]:
    """The components of its section that suggest a space, with default settings; none that has required settings.

    The others are not made: some would import a whole library, which takes a second.
    """
    base = component.section_base()
    for kind, name in {kind: name for name, kind in choices(base).items()}.items():
        if kind.search_space is Component.search_space:
            continue
        try:
            yield base.choose(name)
        except ValidationError:
            continue


def _has_no_effect(path: str, recipe: Recipe) -> bool:
    """Whether a setting only scales the loss, and the optimizer's steps do not depend on that scale."""
    return _only_scales(path, recipe) and all(
        station.optimizer.scale_free and station.train.clip_norm is None  # clipping makes every optimizer depend on it
        for station in stations(recipe)
    )


def _only_scales(path: str, recipe: Recipe) -> bool:
    section, _, name = path.partition(".")
    return section == "loss" and name in recipe.loss.scaling


def _scaling(path: str, recipe: Recipe) -> str:
    weighted = recipe.balance.class_weights == "balanced" or recipe.balance.sampling == "weighted"
    power = "balance.power" if weighted else "balance.power with balance.class_weights: balanced"
    return (
        f"one number for all classes only scales the loss, on which {recipe.optimizer.name}'s steps do not depend; "
        f"what can matter: {power}, or {path.rpartition('.')[2]} per class, as choices of lists"
    )


def search_notices(path: str, searched: Range | Choices, recipe: Recipe) -> Iterator[str]:
    """Notices for the user about the search of a setting in a recipe that has it."""
    if _only_scales(path, recipe) and _is_scalar(searched):
        if _has_no_effect(path, recipe):
            yield f"{path}: {_scaling(path, recipe)}"
        elif recipe.optimizer.scale_is_rate:
            name = recipe.optimizer.name
            yield f"{path}: one number for all classes scales the loss, so under {name} it is another learning rate"
    for name, phase in recipe.phases.items():
        if path in (*flattened(phase.patch), *phase.ramp):
            yield f"{path}: phase {name} sets it too, so what is searched holds only before that"


def _is_scalar(searched: Range | Choices) -> bool:
    return isinstance(searched, Range) or all(isinstance(choice, int | float) for choice in searched.choices)


_PIXELS = ("data.image_size", "data.mean", "data.std")
"""Settings of the data that do not change which images a trial trains on and is scored on."""

_RULE = "which epoch is kept is a rule of the experiment, the same for all rows"
_FITTED = "it is fitted to the very validation images that trials are scored on"
_WHOLE = "it holds settings that are rules of the experiment"

_REASONS: Mapping[str, tuple[str, str]] = {
    "train": (_WHOLE, "search its settings one by one, as in train.batch_size"),
    "train.keep": (_RULE, "set it in the baseline"),
    "train.keep_by": (_RULE, "set it in the baseline"),
    "inference": (_WHOLE, "search its settings one by one, as in inference.tta"),
    "inference.calibration": (_FITTED, "make it a rung"),
    "inference.threshold": (_FITTED, "make it a rung"),
    "inference.ensemble_with": ("it names rows of the ladder, and a trial stands alone", "make it a rung"),
}


def check_searchable(path: str, tune: TuneSettings, origin: str) -> None:
    """Raise a ``UserError`` for a setting that would raise scores without better training, or make trials incomparable.

    ``origin`` is the place of the space.
    """
    if refusal := _refusal(path, tune):
        reason, remedy = refusal
        raise UserError(f"cannot be searched: {reason}", place=f"{origin}.{path}", remedy=remedy)


def _refusal(path: str, tune: TuneSettings) -> tuple[str, str] | None:
    section = path.partition(".")[0]
    if section == "data" and path not in _PIXELS:
        reason = "it decides which images trials learn from and are scored on, so their scores could not be compared"
        return reason, f"of data, search {', '.join(_PIXELS)} alone"
    if section == "phases":
        return "a study searches what holds before the phases", "make another phase a rung"
    if path == "train.epochs" and tune.pruner in BY_EPOCH:
        reason = f"{tune.pruner} compares trials epoch by epoch, which says little of trainings of other lengths"
        return reason, "pruner: none, or wilcoxon"
    return _REASONS.get(path)
