"""RFC 6962 known answers, and every proof of every small tree against the RFC's own recursion."""

from __future__ import annotations

import hashlib
import random

import pytest

from trading.kernel import merkle

# The seven-leaf example of RFC 6962 §2.1.3 and the eight inputs that Certificate Transparency's own
# implementations have tested against since 2013.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [merkle.leaf_hash(data) for data in INPUTS]


def oracle_root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + oracle_root(leaves[:k]) + oracle_root(leaves[k:])).digest()


def oracle_path(leaves: list[bytes], index: int) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if index < k:
        return [*oracle_path(leaves[:k], index), oracle_root(leaves[k:])]
    return [*oracle_path(leaves[k:], index - k), oracle_root(leaves[:k])]


def oracle_subproof(leaves: list[bytes], m: int, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [oracle_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*oracle_subproof(leaves[:k], m, whole), oracle_root(leaves[k:])]
    return [*oracle_subproof(leaves[k:], m - k, False), oracle_root(leaves[:k])]


def altered(proof: list[bytes], rng: random.Random) -> list[list[bytes]]:
    at = rng.randrange(len(proof))
    flipped = bytes([proof[at][0] ^ 1 << rng.randrange(8)]) + proof[at][1:]
    return [
        [*proof[:at], flipped, *proof[at + 1 :]],
        [*proof[:at], *proof[at + 1 :]],
        [*proof, rng.randbytes(32)],
        [*proof[:at], proof[at][:-1], *proof[at + 1 :]],
    ]


def test_empty_tree():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.root([]).hex() == merkle.Frontier().root().hex() == empty


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int):
    frontier = merkle.Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert merkle.root(LEAVES[:size]).hex() == frontier.root().hex() == ROOTS[size - 1]


def test_known_inclusion_proof():
    assert [item.hex() for item in merkle.inclusion_proof(LEAVES, 5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_known_consistency_proof():
    assert [item.hex() for item in merkle.consistency_proof(LEAVES, 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_every_proof_of_every_small_tree():
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(33)]
    frontier, nodes = merkle.Frontier(), {}
    for size in range(1, len(leaves) + 1):
        tree = leaves[:size]
        nodes.update({(level, at): value for level, at, value in frontier.append(tree[-1])})
        root = oracle_root(tree)
        assert frontier.root() == merkle.root(tree) == root
        edge = [nodes[key] for key in merkle.full_nodes(0, size)]
        assert merkle.Frontier(size, edge).root() == root
        for index in range(size):
            proof = merkle.inclusion_proof(tree, index)
            stored = merkle.prove(merkle.inclusion_ranges(index, size), lambda a, b: nodes[a, b])
            assert proof == stored == oracle_path(tree, index)
            assert merkle.verify_inclusion(leaves[index], index, size, proof, root)
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(tree, old)
            stored = merkle.prove(merkle.consistency_ranges(old, size), lambda a, b: nodes[a, b])
            assert proof == stored == oracle_subproof(tree, old, whole=True)
            assert merkle.verify_consistency(old, size, oracle_root(leaves[:old]), root, proof)


def test_the_empty_tree_is_consistent_with_any():
    root = merkle.root(LEAVES)
    assert merkle.verify_consistency(0, 8, merkle.EMPTY_ROOT, root, [])
    assert not merkle.verify_consistency(0, 8, root, root, [])
    assert not merkle.verify_consistency(0, 8, merkle.EMPTY_ROOT, root, [root])


def test_an_altered_proof_never_verifies():
    rng = random.Random(6962)
    leaves = [merkle.leaf_hash(rng.randbytes(8)) for _ in range(70)]
    for _ in range(300):
        size = rng.randrange(2, 71)
        tree, index, old = leaves[:size], rng.randrange(size), rng.randrange(1, size)
        root, old_root = merkle.root(tree), merkle.root(tree[:old])
        path, growth = merkle.inclusion_proof(tree, index), merkle.consistency_proof(tree, old)
        for bad in altered(path, rng):
            assert not merkle.verify_inclusion(tree[index], index, size, bad, root)
        for bad in altered(growth, rng):
            assert not merkle.verify_consistency(old, size, old_root, root, bad)
        assert not merkle.verify_inclusion(tree[index], (index + 1) % size, size, path, root)
        assert not merkle.verify_inclusion(tree[index], index + size, size, path, root)
        assert not merkle.verify_consistency(old, size, root, root, growth)


def test_impossible_questions_are_refused():
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES, 8)
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES, 9)
    with pytest.raises(ValueError, match="3 full nodes"):
        merkle.Frontier(7, LEAVES[:2])
