"""Merkle trees against RFC 6962's own definition, published roots, and proofs that were tampered with."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent_ledger import merkle

KNOWN = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
"""Leaves of the published test vectors of Certificate Transparency, and their roots by size."""
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
PATHS = [
    (0, 1, []),
    (0, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (5, 8, [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip
"""Published with them: leaf, size, audit path."""
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (6, 8, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 5, [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip
"""Published with them: old size, new size, proof."""


class Log:
    """A tree kept as the ledger keeps it: complete subtrees only."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        for number, leaf in enumerate(leaves):
            for level, index, made in merkle.grown(number, merkle.leaf_hash(leaf), self.node):
                assert (level, index) not in self.nodes
                self.nodes[level, index] = made

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


def by_definition(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return merkle.EMPTY
    if len(leaves) == 1:
        return merkle.leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.joined(by_definition(leaves[:split]), by_definition(leaves[split:]))


@pytest.mark.parametrize("size", ROOTS)
def test_the_published_roots_come_out(size: int) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in KNOWN[:size]]
    assert merkle.root(size, Log(leaves).node).hex() == ROOTS[size]


@pytest.mark.parametrize(("leaf", "size", "path"), PATHS)
def test_the_published_audit_paths_come_out_and_are_believed(leaf: int, size: int, path: list[str]) -> None:
    leaves = [bytes.fromhex(each) for each in KNOWN[:size]]
    found = merkle.inclusion(leaf, size, Log(leaves).node)
    assert [each.hex() for each in found] == path
    assert merkle.includes(merkle.leaf_hash(leaves[leaf]), leaf, size, found, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_the_published_consistency_proofs_come_out_and_are_believed(
    old: int, new: int, proof: list[str]
) -> None:
    found = merkle.consistency(old, new, Log([bytes.fromhex(each) for each in KNOWN]).node)
    assert [each.hex() for each in found] == proof
    assert merkle.extends(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), found)


@given(st.integers(0, 300))
def test_peaks_are_all_that_a_new_leaf_asks_for(size: int) -> None:
    tree = Log([str(number).encode() for number in range(size)])
    known = {at: tree.node(*at) for at in merkle.peaks(size)}
    assert len(known) == size.bit_count()
    merkle.grown(size, merkle.leaf_hash(b"new"), lambda *at: known[at])
    assert sum(1 << level for level, _ in known) == size


def test_a_proof_for_a_million_leaves_asks_for_few_nodes() -> None:
    asked: list[tuple[int, int]] = []

    def node(*at: int) -> bytes:
        asked.append((at[0], at[1]))
        return b"\0" * 32

    merkle.inclusion(123_456, 1_000_000, node)
    merkle.consistency(654_321, 1_000_000, node)
    assert len(asked) < 100


LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=80)


@given(LEAVES, st.data())
@settings(deadline=None)
def test_a_root_of_any_earlier_size_is_by_definition(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(0, len(leaves)))
    assert merkle.root(size, Log(leaves).node) == by_definition(leaves[:size])


@given(LEAVES, st.data())
@settings(deadline=None)
def test_every_leaf_has_a_proof_and_no_other_leaf_has_it(leaves: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(leaves)))
    number = data.draw(st.integers(0, size - 1))
    node, root = Log(leaves).node, by_definition(leaves[:size])
    path = merkle.inclusion(number, size, node)
    leaf = merkle.leaf_hash(leaves[number])
    assert merkle.includes(leaf, number, size, path, root)
    assert not merkle.includes(merkle.leaf_hash(leaves[number] + b"!"), number, size, path, root)
    assert not merkle.includes(leaf, size, size, path, root)
    assert not merkle.includes(leaf, number, size, [*path, leaf], root)
    if path:
        assert not merkle.includes(leaf, number, size, path[:-1], root)
        other = number ^ 1
        if other < size and leaves[other] != leaves[number]:
            assert not merkle.includes(leaf, other, size, path, root)


@given(LEAVES, st.data())
@settings(deadline=None)
def test_a_log_that_only_grew_has_a_proof_and_a_changed_one_has_none(
    leaves: list[bytes], data: st.DataObject
) -> None:
    new = data.draw(st.integers(1, len(leaves)))
    old = data.draw(st.integers(1, new))
    changed = data.draw(st.integers(0, old - 1))
    before, after = by_definition(leaves[:old]), by_definition(leaves[:new])
    proof = merkle.consistency(old, new, Log(leaves).node)
    assert merkle.extends(old, new, before, after, proof)
    rewritten = [*leaves[:changed], leaves[changed] + b"!", *leaves[changed + 1 :]]
    forged = merkle.consistency(old, new, Log(rewritten).node)
    assert not merkle.extends(old, new, before, by_definition(rewritten[:new]), forged)
    assert not merkle.extends(0, new, merkle.EMPTY, after, proof)
    if proof:
        assert not merkle.extends(old, new, before, after, proof[:-1])
