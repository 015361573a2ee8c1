"""Merkle trees as RFC 6962 draws them: roots, proofs that a leaf is in one, that one only grew. Pure."""

import hashlib
from collections.abc import Callable, Sequence

Position = tuple[int, int]
"""(level, index): the complete subtree over the leaves index*2^level to (index+1)*2^level - 1."""

Node = Callable[[int, int], bytes]
"""Hash of the complete subtree at (level, index)."""

EMPTY = hashlib.sha256().digest()
"""Root of a tree without leaves."""

HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def joined(left: bytes, right: bytes) -> bytes:
    """Hash of a node over its two."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def peaks(size: int) -> list[Position]:
    """The complete subtrees that a tree of `size` leaves is made of, widest first: a bit of `size` each."""
    levels = [level for level in range(size.bit_length()) if size >> level & 1]
    return [(level, (size >> level) - 1) for level in reversed(levels)]


def grown(size: int, leaf: bytes, node: Node) -> list[tuple[int, int, bytes]]:
    """The complete subtrees (level, index, hash) that the leaf with hash `leaf` makes in a tree of `size`.

    Asks `node` for peaks of the tree of `size` only.
    """
    level, index, made = 0, size, leaf
    nodes = [(level, index, made)]
    while index & 1:
        made = joined(node(level, index - 1), made)
        level, index = level + 1, index >> 1
        nodes.append((level, index, made))
    return nodes


def root(size: int, node: Node) -> bytes:
    """The root of the first `size` leaves."""
    return _range(0, size, node) if size else EMPTY


def inclusion(leaf: int, size: int, node: Node) -> list[bytes]:
    """The audit path of leaf number `leaf` in the tree of `size`, lowest first. 0 <= leaf < size."""
    return _path(leaf, 0, size, node)


def consistency(old: int, new: int, node: Node) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of that of `new`. 0 < old <= new."""
    return _subproof(old, 0, new, node, whole=True)


def includes(leaf: bytes, number: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Whether `path` proves that leaf hash `leaf` is number `number` of the tree with root `expected`.

    RFC 9162, 2.1.3.2.
    """
    if not 0 <= number < size:
        return False
    place, last, found = number, size - 1, leaf
    for other in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = joined(other, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = joined(found, other)
        place, last = place >> 1, last >> 1
    return last == 0 and found == expected


def extends(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the tree of `new` leaves begins with that of `old`. 0 < old <= new.

    RFC 9162, 2.1.4.2.
    """
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    # A complete old tree is a node of the new one, and so not repeated in the proof.
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if len(steps) < 2:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for other in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = joined(other, before), joined(other, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = joined(after, other)
        place, last = place >> 1, last >> 1
    return last == 0 and (before, after) == (old_root, new_root)


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _range(start: int, end: int, node: Node) -> bytes:
    count = end - start
    if count & (count - 1) == 0:
        return node(count.bit_length() - 1, start // count)
    middle = start + _split(count)
    return joined(_range(start, middle, node), _range(middle, end, node))


def _path(leaf: int, start: int, end: int, node: Node) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if leaf < middle:
        return [*_path(leaf, start, middle, node), _range(middle, end, node)]
    return [*_path(leaf, middle, end, node), _range(start, middle, node)]


def _subproof(old: int, start: int, end: int, node: Node, *, whole: bool) -> list[bytes]:
    if old == end:
        return [] if whole else [_range(start, end, node)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, node, whole=whole), _range(middle, end, node)]
    return [*_subproof(old, middle, end, node, whole=False), _range(start, middle, node)]
