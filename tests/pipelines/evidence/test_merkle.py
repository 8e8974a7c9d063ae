"""Proofs of the tree that is stored, against the definitions of RFC 6962, written down independently."""

import hashlib
from io import BytesIO

import pytest

from pipelines.evidence.merkle_tree import MerkleTree
from pipelines.evidence.verifier.merkle import is_consistent, is_included, leaf_hash

SIZE = 20
"""Leaves of the largest tree; it has whole and broken subtrees on both sides."""
LEAVES = [leaf_hash(b"%d" % number) for number in range(SIZE)]


def root_of(leaves: list[bytes]) -> bytes:
    """Root by its definition: halves at the largest power of two."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\x01" + root_of(leaves[:middle]) + root_of(leaves[middle:])).digest()


@pytest.fixture(scope="module")
def tree() -> MerkleTree:
    made = MerkleTree(BytesIO())
    for leaf in LEAVES:
        made.append(leaf)
    return made


def test_known_roots() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"  # RFC 6962 suites
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_each_root_is_that_of_the_definition(tree: MerkleTree) -> None:
    assert [tree.root(0, size) for size in range(SIZE + 1)] == [root_of(LEAVES[:size]) for size in range(SIZE + 1)]


def test_each_leaf_is_proven_in_each_size_and_nowhere_else(tree: MerkleTree) -> None:
    for size in range(1, SIZE + 1):
        root = tree.root(0, size)
        for index in range(size):
            path = tree.path(index, 0, size)
            accepted = {at for at in range(size + 2) if is_included(LEAVES[index], at, size, path, root)}
            assert accepted == {index}
            assert not is_included(leaf_hash(b"other"), index, size, path, root)
            assert not is_included(LEAVES[index], index, size, [*path, root], root)
            assert not path or not is_included(LEAVES[index], index, size, path[:-1], root)


def test_each_size_is_proven_to_continue_each_smaller_one(tree: MerkleTree) -> None:
    for size in range(1, SIZE + 1):
        for old in range(1, size + 1):
            path = tree.consistency(old, 0, size, is_whole=True)
            roots = tree.root(0, old), tree.root(0, size)
            assert is_consistent(old, roots[0], size, roots[1], path)
            assert not is_consistent(old, leaf_hash(b"other"), size, roots[1], path)
            assert not is_consistent(old, roots[0], size, leaf_hash(b"other"), path)
            assert not is_consistent(old, roots[0], size, roots[1], [*path, roots[0]])
            assert not path or not is_consistent(old, roots[0], size, roots[1], path[:-1])


def test_a_larger_tree_continues_no_smaller_one_that_was_rewritten(tree: MerkleTree) -> None:
    forged = root_of([leaf_hash(b"rewritten"), *LEAVES[1:7]])
    assert not is_consistent(7, forged, SIZE, tree.root(0, SIZE), tree.consistency(7, 0, SIZE, is_whole=True))
    assert not is_consistent(SIZE, tree.root(0, SIZE), 7, tree.root(0, 7), [])


def test_a_tree_is_read_again_from_its_file(tree: MerkleTree) -> None:
    for size in range(SIZE + 1):
        stored = BytesIO()
        made = MerkleTree(stored)
        for leaf in LEAVES[:size]:
            made.append(leaf)
        again = MerkleTree(stored)
        assert (again.size, again.root(0, size)) == (size, root_of(LEAVES[:size]))
        assert again.ends_with(LEAVES[size - 1] if size else None)
        stored.seek(0, 2)
        stored.write(b"\0")
        assert not MerkleTree(stored).ends_with(LEAVES[size - 1] if size else None)
