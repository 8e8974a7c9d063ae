"""Merkle tree of a log that only grows, in a file: roots, and proofs that a verifier checks (RFC 6962)."""

import os
from typing import IO

from pipelines.evidence.verifier.merkle import EMPTY_ROOT, node_hash

HASH_BYTES = 32
"""Length of a hash. [source: FIPS 180-4]"""


class MerkleTree:
    """Hashes of all complete subtrees in a file, in the order in which they become complete.

    A root or a proof reads a few of them, however long the log is. hashes: the file, which its owner syncs. size:
    number of leaves.
    """

    def __init__(self, hashes: IO[bytes]) -> None:
        self.hashes = hashes
        nodes = hashes.seek(0, os.SEEK_END) // HASH_BYTES
        # Of n leaves there are 2 n - popcount(n) nodes: the size follows by steps from below.
        size = nodes // 2
        while _nodes(size + 1) <= nodes:
            size += 1
        self.size = size

    def ends_with(self, leaf: bytes | None) -> bool:
        """Return whether this is the newest leaf (None: there is none), and nothing stands behind the hashes."""
        if self.hashes.seek(0, os.SEEK_END) != _nodes(self.size) * HASH_BYTES:
            return False
        return leaf is None if self.size == 0 else self._node(self.size, 0) == leaf

    def clear(self) -> None:
        """Remove all leaves."""
        self.hashes.truncate(0)
        self.size = 0

    def append(self, leaf: bytes) -> None:
        """Add a leaf, and the nodes that it completes."""
        self.size += 1
        completed, height = [leaf], 0
        while self.size % (2 << height) == 0:
            completed.append(node_hash(self._node(self.size - (1 << height), height), completed[-1]))
            height += 1
        self.hashes.seek(_nodes(self.size - 1) * HASH_BYTES)
        self.hashes.write(b"".join(completed))

    def _node(self, end: int, height: int) -> bytes:
        """Return the hash of the complete subtree that ends before leaf `end`."""
        self.hashes.seek((_nodes(end - 1) + height) * HASH_BYTES)
        return self.hashes.read(HASH_BYTES)

    def root(self, begin: int, end: int) -> bytes:
        """Return the root over leaves from `begin` to before `end`. [RFC 6962, 2.1]"""
        size = end - begin
        if size == 0:
            return EMPTY_ROOT
        if size & (size - 1) == 0:
            return self._node(end, size.bit_length() - 1)
        middle = begin + _largest_power_below(size)
        return node_hash(self.root(begin, middle), self.root(middle, end))

    def path(self, index: int, begin: int, end: int) -> list[bytes]:
        """Return the proof that a leaf is in the tree, the sibling of the leaf first. [RFC 6962, 2.1.1]"""
        if end - begin == 1:
            return []
        middle = begin + _largest_power_below(end - begin)
        if index < middle:
            return [*self.path(index, begin, middle), self.root(middle, end)]
        return [*self.path(index, middle, end), self.root(begin, middle)]

    def consistency(self, old_end: int, begin: int, end: int, *, is_whole: bool) -> list[bytes]:
        """Return the proof that the tree of the leaves before `old_end` is the beginning. [RFC 6962, 2.1.2]"""
        if old_end == end:
            return [] if is_whole else [self.root(begin, end)]
        middle = begin + _largest_power_below(end - begin)
        if old_end <= middle:
            return [*self.consistency(old_end, begin, middle, is_whole=is_whole), self.root(middle, end)]
        return [*self.consistency(old_end, middle, end, is_whole=False), self.root(begin, middle)]


def _nodes(leaves: int) -> int:
    """Return the number of complete subtrees of a tree.

    >>> [_nodes(leaves) for leaves in range(6)]
    [0, 1, 3, 4, 7, 8]
    """
    return 2 * leaves - leaves.bit_count()


def _largest_power_below(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1
