"""Files of a run, linked instead of copied where the artifacts are on this machine, and tables as text."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pandas as pd
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


def table_text(frame: pd.DataFrame, path: str) -> str:
    """The frame as text in the format of the file name; MLflow's page shows csv and json as a table, html as it is.

    Raises:
        ValueError: the name ends with none of ``.csv``, ``.json``, ``.html``.
    """
    writers: dict[str, Callable[[], str]] = {
        ".csv": lambda: frame.to_csv(index=False),
        ".json": lambda: frame.to_json(orient="split", index=False),
        ".html": lambda: frame.to_html(index=False),
    }
    suffix = PurePosixPath(path).suffix
    if suffix not in writers:
        raise ValueError(f"a table is written as {', '.join(writers)}, not {path!r}")
    return writers[suffix]()
