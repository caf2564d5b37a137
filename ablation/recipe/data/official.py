"""Names of official splits."""

from __future__ import annotations

SPLIT_NAMES = ("train", "val", "test")

_SYNONYMS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def official_split(word: str) -> str | None:
    """``train``, ``val`` or ``test`` for a word for one of them, upper or lower case; None for other words."""
    return _SYNONYMS.get(word.strip().lower())
