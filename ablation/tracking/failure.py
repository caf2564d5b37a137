"""The two exceptions of tracking, and retries on a locked database."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import sqlalchemy.exc
from mlflow.exceptions import ERROR_CODE_TO_HTTP_STATUS, MlflowException

_P = ParamSpec("_P")
_T = TypeVar("_T")

WAITS = (0.2, 1.0, 3.0)
"""Seconds between attempts on a locked SQLite file; each attempt itself waits up to MLflow's 20 s."""

_PASSING_STATUS = {429, 502, 503, 504}


class TrackingError(Exception):
    """MLflow refuses the call; trying again does not help."""


class TrackingUnavailable(TrackingError):  # noqa: N818
    """The store cannot be reached or written now; the same call may succeed later."""


def delivered(method: Callable[_P, _T]) -> Callable[_P, _T]:
    """Retry an idempotent call on a locked database, and raise MLflow's failures as this module's two exceptions."""

    @functools.wraps(method)
    def attempt(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        for wait in (*WAITS, None):
            try:
                return method(*args, **kwargs)
            except FileNotFoundError:
                raise  # a file to be logged is missing: a mistake of the caller, not a failure of the store
            except (MlflowException, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
                if wait is None or "database is locked" not in str(error):
                    raise translated(error) from error
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    return attempt


def translated(error: Exception) -> TrackingError:
    """The exception to raise instead, by the failure and its causes."""
    causes: list[BaseException] = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    return (TrackingUnavailable if any(map(_is_passing, causes)) else TrackingError)(str(error))


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, MlflowException):
        return ERROR_CODE_TO_HTTP_STATUS.get(error.error_code) in _PASSING_STATUS
    return isinstance(error, (OSError, sqlalchemy.exc.OperationalError))  # requests' exceptions are OSErrors
