"""Names under which sources keep their own splits."""

from __future__ import annotations

SPLIT_NAMES = ("train", "val", "test")

_SYNONYMS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def official_split(word: str) -> str | None:
    """``train``, ``val`` or ``test`` for a word that means one of them, in any case; None for any other."""
    return _SYNONYMS.get(word.strip().lower())
