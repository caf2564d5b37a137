"""Starting weights: a published name or a local file, loaded into a backbone or refused with the keys that mismatch."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ablation.errors import UserError
from ablation.recipe.model.attention import NAME as ATTENTION
from ablation.recipe.model.backbones import Backbone, BackboneSettings

_PLACE = "model.weights"
_OWN_PREFIX = "backbone.body."  # of a whole classifier, as a finished training leaves it
_UNREADABLE = (pickle.UnpicklingError, SafetensorError, RuntimeError, EOFError, ValueError, KeyError)


def names_a_file(weights: str) -> bool:
    """Whether the setting is a path; published names are identifiers, and paths have a dot or a slash."""
    return not weights.isidentifier()


def load_weights(backbone: Backbone, settings: BackboneSettings, weights: str, image_size: int, base: Path) -> None:
    """Load starting weights into a backbone. Their classifier is dropped: the head starts fresh.

    Args:
        backbone: changed in place.
        settings: of the backbone.
        weights: a published name or a path.
        image_size: side of the images, pixels; embeddings of positions are resized to it.
        base: folder that a relative path starts from.

    Raises:
        UserError: no such file, no state dict in it, or keys or shapes of another architecture.
    """
    path = base / weights
    state = _read(path) if names_a_file(weights) else settings.download(weights, image_size)
    place = f"{_PLACE}: {path if names_a_file(weights) else weights}"
    kept = OrderedDict(settings.adapt(_without_classifier(state, backbone), image_size))
    metadata = getattr(state, "_metadata", None) or getattr(backbone.body.state_dict(), "_metadata", None)
    kept._metadata = metadata  # type: ignore[attr-defined] # versions of layers; safetensors files have none
    try:
        misfit = backbone.body.load_state_dict(kept, strict=False)
    except RuntimeError as error:
        raise _another_architecture(str(error).partition("\n\t")[2], place, settings.name) from error
    # batch counts joined torch's format later than the oldest published files; only a cumulative average uses them
    missing = [key for key in misfit.missing_keys if not key.endswith("num_batches_tracked")]
    if missing or misfit.unexpected_keys:
        found = f"missing: {_shown(missing)}; unknown: {_shown(misfit.unexpected_keys)}"
        raise _another_architecture(found, place, settings.name)


def _read(path: Path) -> Mapping[str, Tensor]:
    """The state dict of a local file; nothing in it is executed."""
    if not path.is_file():
        raise UserError(f"no file {path}", place=_PLACE, remedy="give a file's path, a published name or none")
    try:
        safe = path.suffix == ".safetensors"
        state = load_file(path) if safe else torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"cannot read {path}: {reason}", place=_PLACE, remedy=_FORMATS) from error
    if not (isinstance(state, Mapping) and state and all(isinstance(each, Tensor) for each in state.values())):
        raise UserError(f"{path} holds no state dict", place=_PLACE, remedy=_FORMATS)
    return state


_FORMATS = "save the weights with safetensors, or with torch.save(model.state_dict(), path)"


def _without_classifier(state: Mapping[str, Tensor], backbone: Backbone) -> dict[str, Tensor]:
    own = {
        key.removeprefix(_OWN_PREFIX): value
        for key, value in state.items()
        if key.startswith(_OWN_PREFIX) and ATTENTION not in key.split(".")  # which starts fresh, as the head does
    }
    return {key: value for key, value in (own or state).items() if not key.startswith(backbone.classifier)}


def _another_architecture(found: str, place: str, name: str) -> UserError:
    return UserError(f"these are no weights of {name}: {found}", place=place, remedy=f"give a state dict of {name}")


def _shown(keys: list[str]) -> str:
    return (", ".join(keys[:5]) + (f", ... ({len(keys)} in all)" if len(keys) > 5 else "")) or "none"
