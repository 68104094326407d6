"""What the API answers: structs as JSON, instants in the platform's one form (RFC 3339, UTC, milliseconds)."""

import datetime as dt
from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.serialization import default_serializer

from trading.kernel.clock import rfc3339

T = TypeVar("T")


def plain(value: object) -> Any:
    """JSON values; an instant as `2026-11-23T08:00:00.000Z`, which programs can compare as text."""
    return _stamped(msgspec.to_builtins(value, builtin_types=(dt.datetime,), str_keys=True))


def _stamped(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return rfc3339(value)
    if isinstance(value, dict):
        return {name: _stamped(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_stamped(item) for item in value]
    return value


class Answer(Response[T]):
    """`return Answer(view)`; the route's own status stands."""

    def render(self, content: Any, media_type: Any, enc_hook: Any = default_serializer) -> bytes:  # noqa: ARG002
        """Litestar's own encoder leaves milliseconds out where they are zero."""
        return msgspec.json.encode(plain(content))
