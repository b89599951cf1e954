"""The tree against the RFCs' known answers, an independent recursion, and random changes to proofs."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.ledger import (
    ProofError,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from upright.ledger.frontier import Frontier

KNOWN = json.loads((Path(__file__).parents[1] / "vectors/ledger/rfc9162.json").read_text(encoding="utf-8"))
LEAVES = [bytes.fromhex(leaf) for leaf in KNOWN["leaves"]]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def by_definition(entries: list[bytes]) -> bytes:
    """MTH as RFC 9162, 2.1.1 defines it, word by word, sharing no line with the package."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(bytes([0]) + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return hashlib.sha256(bytes([1]) + by_definition(entries[:k]) + by_definition(entries[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    assert root_hash(HASHES[:size]).hex() == KNOWN["roots"][size]
    assert by_definition(LEAVES[:size]).hex() == KNOWN["roots"][size]


@pytest.mark.parametrize("case", KNOWN["inclusion"])
def test_inclusion_proofs_are_those_of_the_published_vectors(case: dict) -> None:
    proof = inclusion_proof(HASHES, case["index"], case["size"])
    assert [step.hex() for step in proof] == case["proof"]
    root = bytes.fromhex(KNOWN["roots"][case["size"]])
    verify_inclusion(HASHES[case["index"]], case["index"], case["size"], proof, root)


@pytest.mark.parametrize("case", KNOWN["consistency"])
def test_consistency_proofs_are_those_of_the_published_vectors(case: dict) -> None:
    proof = consistency_proof(HASHES, case["old"], case["new"])
    assert [step.hex() for step in proof] == case["proof"]
    old, new = (bytes.fromhex(KNOWN["roots"][case[name]]) for name in ("old", "new"))
    verify_consistency(case["old"], old, case["new"], new, proof)


def test_every_proof_of_every_tree_up_to_seventy_leaves_leads_to_the_root_by_definition() -> None:
    entries = [str(i).encode() for i in range(70)]
    hashes = [leaf_hash(entry) for entry in entries]
    tree = Tree(hashes)
    roots = [by_definition(entries[:size]) for size in range(71)]
    for size, root in enumerate(roots):
        assert tree.root(size) == root
        for index in range(size):
            verify_inclusion(hashes[index], index, size, tree.inclusion_proof(index, size), root)
        for old in range(size + 1):
            verify_consistency(old, roots[old], size, root, tree.consistency_proof(old, size))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=8), max_size=700), st.data())
def test_a_tree_grown_in_pieces_is_the_tree_by_definition(entries: list[bytes], data: st.DataObject) -> None:
    hashes = [leaf_hash(entry) for entry in entries]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(entries)), max_size=4)))
    tree, frontier = Tree(), Frontier(0, [])
    for begin, end in zip([0, *cuts], [*cuts, len(entries)], strict=True):
        tree.extend(hashes[begin:end])
        list(frontier.extend(hashes[begin:end]))
    assert tree.root() == frontier.root() == by_definition(entries)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 300), st.data())
def test_a_proof_with_any_bit_flipped_or_step_added_or_dropped_is_refused(size: int, data: st.DataObject) -> None:
    hashes = [leaf_hash(i.to_bytes(4, "big")) for i in range(size)]
    tree = Tree(hashes)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    proof, steps = tree.inclusion_proof(index), tree.consistency_proof(old)
    for good, check in (
        (proof, lambda p: verify_inclusion(hashes[index], index, size, p, tree.root())),
        (steps, lambda p: verify_consistency(old, tree.root(old), size, tree.root(), p)),
    ):
        check(good)
        for bad in _spoilt(good, data):
            with pytest.raises(ProofError):
                check(bad)


def _spoilt(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    bad = [[*proof, bytes(32)]]
    if proof:
        at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        step = bytearray(proof[at])
        step[bit // 8] ^= 1 << bit % 8
        bad += [proof[:-1], proof[1:], [*proof[:at], bytes(step), *proof[at + 1 :]]]
    return bad


def test_a_failing_proof_says_which_root_was_expected_and_which_came_out() -> None:
    wrong = bytes(32)
    with pytest.raises(ProofError, match=f"expected root {wrong.hex()}, got {KNOWN['roots'][8]}"):
        verify_inclusion(HASHES[0], 0, 8, inclusion_proof(HASHES, 0), wrong)


def test_a_leaf_is_never_accepted_at_another_index() -> None:
    proof = inclusion_proof(HASHES, 5)
    for index in set(range(8)) - {5}:
        with pytest.raises(ProofError):
            verify_inclusion(HASHES[5], index, 8, proof, root_hash(HASHES))


@pytest.mark.parametrize(("index", "size"), [(8, 8), (-1, 8), (0, 0)])
def test_a_proof_for_a_leaf_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(HASHES[0], index, size, [], bytes(32))
    with pytest.raises(ProofError):
        inclusion_proof(HASHES, index, size)


def test_an_older_tree_larger_than_the_newer_one_is_refused() -> None:
    with pytest.raises(ProofError):
        consistency_proof(HASHES, 8, 7)
    with pytest.raises(ProofError):
        verify_consistency(8, bytes(32), 7, bytes(32), [])


def test_size_zero_has_one_root_only() -> None:
    root = root_hash(HASHES)
    verify_consistency(0, hashlib.sha256().digest(), 8, root, [])
    with pytest.raises(ProofError):
        verify_consistency(0, bytes(32), 8, root, [])
