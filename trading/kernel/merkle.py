"""The Merkle tree of RFC 6962, pure: every claim of the journal rests on this one file.

A leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right), the empty tree SHA-256 of nothing; a
tree splits at the largest power of two below its size. Proofs are those of RFC 6962 §2.1, checked as
RFC 9162 §2.1.3.2 and §2.1.4.2 say.

A node (level, index) covers the leaves [index·2^level, (index+1)·2^level). Once full it never changes, so
a log stores full nodes insert-only; what a proof needs beyond them is folded from them. Proofs are
therefore planned first, as ranges of leaves, and computed from whatever holds the nodes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = tuple[int, int, bytes]
"""Level, index, hash."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The same for many: a whole log is hashed when it is verified."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    if not leaf_hashes:
        return EMPTY_ROOT
    sha256, level = hashlib.sha256, leaf_hashes
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    return [root(leaf_hashes[a:b]) for a, b in inclusion_ranges(index, len(leaf_hashes))]


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    return [root(leaf_hashes[a:b]) for a, b in consistency_ranges(old_size, len(leaf_hashes))]


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges whose hashes prove that a leaf is in a tree, nearest first."""
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} in a tree of {size}")
    ranges, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges whose hashes prove that the first `old_size` leaves are still what they were."""
    if not 0 <= old_size <= size:
        raise IndexError(f"no tree of {old_size} inside a tree of {size}")
    if old_size in {0, size}:
        return []
    ranges, low, high = [], 0, size
    while old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:  # otherwise the old tree is itself a node of the new one, and the verifier knows its root
        ranges.append((low, high))
    return ranges[::-1]


def full_nodes(start: int, end: int) -> list[tuple[int, int]]:
    """The full nodes (level, index) that make up one node of the tree, left to right."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over the full nodes of `full_nodes`."""
    if not hashes:
        return EMPTY_ROOT
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result


def prove(ranges: Iterable[tuple[int, int]], node: Callable[[int, int], bytes]) -> list[bytes]:
    """A planned proof, its hashes read from stored full nodes."""
    return [fold([node(level, index) for level, index in full_nodes(a, b)]) for a, b in ranges]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], tree_root: bytes) -> bool:
    if not 0 <= index < size:
        return False
    inner, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_SIZE:
            return False
        if inner & 1 or inner == last:
            result = node_hash(sibling, result)
            while not inner & 1 and inner:
                inner, last = inner >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        inner, last = inner >> 1, last >> 1
    return last == 0 and result == tree_root


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    if not 0 <= old_size <= new_size or any(len(item) != HASH_SIZE for item in proof):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    inner, last = old_size - 1, new_size - 1
    while inner & 1:
        inner, last = inner >> 1, last >> 1
    # When the old tree is one full node, the proof leaves its root out.
    path = list(proof) if inner else [old_root, *proof]
    if not path:
        return False
    old = new = path[0]
    for item in path[1:]:
        if last == 0:
            return False
        if inner & 1 or inner == last:
            old, new = node_hash(item, old), node_hash(item, new)
            while not inner & 1 and inner:
                inner, last = inner >> 1, last >> 1
        else:
            new = node_hash(new, item)
        inner, last = inner >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


class Frontier:
    """The right edge of a growing tree: enough to append leaves and know the root, in O(log n) space."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """`hashes` are those of `full_nodes(0, size)`."""
        if len(hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} full nodes, not {len(hashes)}")
        self.size = size
        self._edge = list(hashes)

    def append(self, leaf: bytes) -> list[Node]:
        """Take a leaf; return every node that became full, the leaf's own first."""
        level, index, value = 0, self.size, leaf
        nodes: list[Node] = [(level, index, value)]
        while index & 1:
            level, index, value = level + 1, index >> 1, node_hash(self._edge.pop(), value)
            nodes.append((level, index, value))
        self._edge.append(value)
        self.size += 1
        return nodes

    def root(self) -> bytes:
        return fold(self._edge)


def _split(size: int) -> int:
    """The largest power of two below a size of at least two."""
    return 1 << (size - 1).bit_length() - 1
