"""Structured logs. Secrets never get here: values under telling names are masked whatever module logs them."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

_SECRET_NAMES = ("password", "passphrase", "secret", "token", "cookie", "authorization", "totp", "private")


def mask_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every key whose name tells of a secret."""
    for name in event:
        if any(word in name.lower() for word in _SECRET_NAMES):
            event[name] = "***"
    return event


def configure_log(*, process: str, level: int = logging.INFO) -> None:
    """JSON lines on stderr, with the process named."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask_secrets,
            # Without the frames' local variables: they hold passwords, keys, and what people typed.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(process=process)
