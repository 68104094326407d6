"""A process that seals and opens one file and prints its memory (kB): after its imports, and at its highest.

The highest of this process's own image is read: `ru_maxrss` would begin with what its parent held when it was made.
"""

import sys
from pathlib import Path

from bidding.sealing.objects import Source, decrypt_part, encrypt_part


class _Nowhere:
    def write(self, data: bytes) -> int:
        """Every byte is taken."""
        return len(data)


def _highest() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def main(plain: Path, sealed: Path) -> None:
    """Seal to the second path, open from it."""
    own = _highest()
    with sealed.open("wb") as out:
        made = encrypt_part([Source.of_path(plain)], out, ck=b"\x05" * 32, bound_to=b"bench", pad="padme")
    with sealed.open("rb") as source:
        decrypt_part(
            source,
            ck=b"\x05" * 32,
            bound_to=b"bench",
            pad="padme",
            root=made.root,
            size=made.size,
            sink=lambda _entry: _Nowhere(),  # type: ignore[arg-type,return-value]
        )
    sys.stdout.write(f"{own} {_highest()}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
