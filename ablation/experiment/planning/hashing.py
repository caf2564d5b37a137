"""The content address: a hash of canonical JSON."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def address(content: Mapping[str, Any]) -> str:
    """SHA-256 of canonical JSON: keys sorted, no spaces, floats by ``repr``; 64 hexadecimal digits."""
    return _hashed(_ENCODER.encode(content))


class AddressTemplate:
    """Content that most addresses of a kind have in common, written out once for all of them."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._texts = _texts(content)

    def address(self, rest: Mapping[str, Any]) -> str:
        """The address of the content with ``rest``, whose keys must be new."""
        texts = sorted((self._texts | _texts(rest)).items())
        return _hashed(f"{{{','.join(f'{_ENCODER.encode(name)}:{text}' for name, text in texts)}}}")


def _texts(content: Mapping[str, Any]) -> dict[str, str]:
    return {name: _ENCODER.encode(value) for name, value in content.items()}


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
