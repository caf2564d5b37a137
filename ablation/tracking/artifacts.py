"""Files of a run, linked instead of copied where the artifacts are on this machine."""

import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from mlflow.utils.file_utils import local_file_uri_to_path


def local_folder(artifact_uri: str) -> Path | None:
    """The folder of a run's artifact URI, or None where it is not on this machine."""
    if urlsplit(artifact_uri).scheme not in ("", "file"):
        return None
    return Path(local_file_uri_to_path(artifact_uri))  # type: ignore[no-untyped-call]  # reads a path as MLflow does


def hard_link(source: Path, target: Path) -> bool:
    """Make ``target`` a hard link to ``source``, replacing an existing file; atomic.

    Returns:
        False, with nothing changed, where the file system cannot link them (another device, no hard links).
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
