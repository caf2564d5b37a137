"""The content address: a hash of canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def address(content: Mapping[str, Any]) -> str:
    """SHA-256 of canonical JSON: keys sorted, no spaces, floats by ``repr``; 64 hexadecimal digits."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
