"""Renewing what protects the platform's key files: another passphrase for all, another key for one.

Only keys that no promise names may be renewed. `journal` is the log's name, `receipt` stands in announcements, `record`
in the journal, `ca` and `personal` in everything they made: those stay for a platform's life.
"""

import os
from pathlib import Path

from trading.kernel.keyfile import KeyFileRefused, read_key, write_key
from trading.kernel.signing import PURPOSES, SEAL, make_keys

RENEWABLE = ("export", SEAL)


def change_passphrase(folder: Path, old: str, new: str) -> None:
    """Every key file under the new passphrase; broken off in the middle, it may be run again."""
    files = [folder / f"{purpose}.pem" for purpose in (*PURPOSES, SEAL)]
    fresh = {}
    for path in files:
        pem = path.read_bytes()
        try:
            fresh[path] = write_key(read_key(pem, old), new)
        except KeyFileRefused:
            read_key(pem, new)  # changed by the run that was broken off; or neither opens it
    for path, pem in fresh.items():
        _replace(path, pem)


def renew_key(folder: Path, purpose: str, passphrase: str) -> Path:
    """Another key for this purpose; returns where the old one is kept."""
    if purpose not in RENEWABLE:
        raise ValueError(f"{purpose} stays for the platform's life")
    path = folder / f"{purpose}.pem"
    read_key(path.read_bytes(), passphrase)
    number = sum(1 for _ in folder.glob(f"{purpose}-*.pem")) + 1
    kept = path.rename(folder / f"{purpose}-{number}.pem")
    make_keys(folder, passphrase)
    return kept


def _replace(path: Path, pem: bytes) -> None:
    unfinished = path.with_suffix(".new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
