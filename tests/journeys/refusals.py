"""How a test says that the platform must say no."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.demo.client import Refusal


@contextmanager
def refused(code: str, status: int = 409) -> Iterator[pytest.ExceptionInfo[Refusal]]:
    """The call inside is refused with this stable code, in words and with what to do next."""
    with pytest.raises(Refusal) as told:
        yield told
    problem = told.value.problem
    assert (told.value.status, told.value.code) == (status, code), told.value
    assert problem["detail"]
    assert problem["next"]
