"""The tree against RFC 6962's known answers, and proofs against every small tree."""

import pytest

from portal.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    extends,
    includes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
)

# From the tests of Certificate Transparency's reference implementation: inputs, and the root of each prefix.
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
LEAVES = [leaf_hash(data) for data in INPUTS]


def test_roots_are_those_of_the_reference() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    tree = Frontier()
    for number, leaf in enumerate(LEAVES):
        tree.append(leaf)
        assert tree.root().hex() == ROOTS[number] == root_of(LEAVES[: number + 1]).hex()


def test_inclusion_paths_are_those_of_rfc_6962s_example() -> None:
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    seven = LEAVES[:7]
    assert inclusion_proof(seven, 0) == [b, h, node_hash(i, j)]
    assert inclusion_proof(seven, 3) == [c, g, node_hash(i, j)]
    assert inclusion_proof(seven, 4) == [f, j, node_hash(g, h)]
    assert inclusion_proof(seven, 6) == [i, node_hash(g, h)]
    assert consistency_proof(seven, 3) == [c, d, g, node_hash(i, j)]
    assert consistency_proof(seven, 4) == [node_hash(i, j)]
    assert consistency_proof(seven, 6) == [i, j, node_hash(g, h)]


@pytest.mark.parametrize("size", range(1, 18))
def test_each_leaf_is_proven_and_no_other(size: int) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    root = root_of(leaves)
    for position in range(size):
        proof = inclusion_proof(leaves, position)
        assert includes(root=root, size=size, position=position, leaf=leaves[position], proof=proof)
        assert not includes(root=root, size=size, position=position, leaf=leaf_hash(b"other"), proof=proof)
        assert not includes(root=root, size=size, position=size, leaf=leaves[position], proof=proof)
        assert not includes(root=root, size=size, position=position, leaf=leaves[position], proof=[*proof, root])


@pytest.mark.parametrize("size", range(1, 18))
def test_each_earlier_tree_is_a_prefix_and_another_is_not(size: int) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    for first in range(1, size + 1):
        proof = consistency_proof(leaves, first)
        roots = {"first_root": root_of(leaves[:first]), "second_root": root_of(leaves)}
        assert extends(first=first, second=size, proof=proof, **roots)
        for wrong in roots:
            assert not extends(first=first, second=size, proof=proof, **{**roots, wrong: leaf_hash(b"other")})


@pytest.mark.parametrize("cut", range(8))
def test_a_log_goes_on_from_its_subtrees(cut: int) -> None:
    before = Frontier()
    for leaf in LEAVES[:cut]:
        before.append(leaf)
    after = Frontier(before.size, before.peaks)
    for leaf in LEAVES[cut:]:
        after.append(leaf)
    assert after.root() == root_of(LEAVES)
