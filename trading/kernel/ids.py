"""Identifiers: UUIDv7 for rows (ordered), 16 random bytes where order or time must not leak (RFC 9562 §5.7)."""

import os
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A UUIDv7 made here, so that any PostgreSQL ≥ 15 will do."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def random_id() -> str:
    """16 random bytes as hex: uploads, envelopes, pseudonyms, claim codes."""
    return secrets.token_hex(16)
