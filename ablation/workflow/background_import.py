"""Imports that are made while this process waits for another."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def imported_meanwhile(modules: Sequence[str]) -> Iterator[None]:
    """Import modules in a thread; once the block has ended well, they are there.

    What goes wrong is left to those who import them for good.
    """
    enough = threading.Event()
    thread = threading.Thread(target=_import, args=(modules, enough), name="imports", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        enough.set()
        raise
    finally:  # two threads that import what imports each other may see it half made, and so may the end of the process
        thread.join()


def _import(modules: Sequence[str], enough: threading.Event) -> None:
    for module in modules:
        if not enough.is_set():
            with suppress(Exception):
                importlib.import_module(module)
