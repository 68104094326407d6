"""Passwords as argon2id hashes: 0.13 s and 64 MiB each, so in two threads of their own, never on the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()  # RFC 9106's low-memory choice: t=3, 64 MiB, 4 lanes
# Bounded, so that a flood of sign-ins waits its turn instead of taking all memory.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
# Verified against when there is no such account, so that the answer takes as long. Nobody knows what it was made of.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$lX6PZUQvTlXDabcoy/WR2g$xFgLTXu9PejocSmvdRi2jL4Gr1LE+81mmsRmRfrVqgk"


async def hash_password(password: str) -> str:
    """The hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether this is the password; for nobody's (None) the same work is done and the answer is no."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _verify, stored or _NOBODY, password) and bool(
        stored
    )


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
