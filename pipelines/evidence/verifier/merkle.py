"""Hashes and proofs of a Merkle tree that only grows (RFC 6962, section 2.1; RFC 9162, sections 2.1.3 and 2.1.4)."""

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of a tree without a leaf. [source: RFC 6962, 2.1]"""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node with two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Return whether a leaf hash is at `index` of the tree with `size` leaves and that root."""
    if not 0 <= index < size:
        return False
    at, last, computed = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            computed = node_hash(sibling, computed)
            at, last = _without_right_children(at, last)
        else:
            computed = node_hash(computed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and computed == root


def is_consistent(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Return whether the tree with `size` leaves begins with the older tree: nothing was changed or removed."""
    if not 0 < old_size <= size:
        return old_size == 0 and old_root == EMPTY_ROOT and not path
    if old_size == size:
        return not path and old_root == root
    nodes = list(path) if old_size & (old_size - 1) else [old_root, *path]
    if not nodes:
        return False
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_computed = computed = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_computed, computed = node_hash(node, old_computed), node_hash(node, computed)
            at, last = _without_right_children(at, last)
        else:
            computed = node_hash(computed, node)
        at, last = at >> 1, last >> 1
    return last == 0 and old_computed == old_root and computed == root


def _without_right_children(at: int, last: int) -> tuple[int, int]:
    """Return both positions at the highest level to which the node on the right edge is promoted without a sibling."""
    while not at & 1 and at:
        at, last = at >> 1, last >> 1
    return at, last
