"""Files of a run, linked instead of copied where the artifacts are on this machine."""

import os
import tempfile
from pathlib import Path


def hard_link(source: Path, target: Path) -> bool:
    """Make ``target`` a hard link to ``source``, replacing an existing file; atomic.

    Returns False, with nothing changed, where the file system cannot link them (another device, no hard links).
    """
    if target.exists() and target.samefile(source):
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".link", dir=target.parent) as folder:
        name = Path(folder) / target.name
        try:
            os.link(source, name)
        except FileNotFoundError:
            raise
        except OSError:
            return False
        name.replace(target)
    return True
