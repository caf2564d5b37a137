"""Imports that are made while this process waits for another."""

import importlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def imported_meanwhile(modules: Sequence[str]) -> Iterator[None]:
    """Import modules in a thread while the block runs; when it ends without an error, they are imported.

    Errors of an import are ignored here: the code that needs the module imports it again and raises them.
    """
    enough = threading.Event()
    thread = threading.Thread(target=_import, args=(modules, enough), name="imports", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        enough.set()
        raise
    finally:  # two threads that import modules which import each other may see them half initialised
        thread.join()


def _import(modules: Sequence[str], enough: threading.Event) -> None:
    for module in modules:
        if not enough.is_set():
            with suppress(Exception):
                importlib.import_module(module)
