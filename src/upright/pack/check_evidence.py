"""The signatures in a pack: each by a key that the log enrolled, over exactly the payload it stands under."""

from collections.abc import Sequence

from upright.evidence import Envelope, verify
from upright.kernel import UprightError
from upright.ledger import Recorded
from upright.pack.contents import OPENINGS
from upright.pack.entries import enrolled_keys, is_evidence
from upright.pack.findings import Findings


def check_evidence(entries: Sequence[Recorded], findings: Findings) -> None:
    """Reads every envelope; a signature of an enrolled key that does not hold is a problem of its entry.

    Evidence that only unknown keys signed is no problem of the pack: Facts call it unattributed, and it opens no gate.
    """
    keys = {fingerprint: key for fingerprint, (key, _) in enrolled_keys(entries).items()}
    holding = unattributed = erased = 0
    for entry in entries:
        if entry.type == "evidence" and entry.body is None:
            erased += 1
        if not is_evidence(entry):
            continue
        try:
            envelope = Envelope.parse(entry.body or b"")
            _ = envelope.statement
        except UprightError as why:
            findings.refused(why, OPENINGS, "a signed evidence statement", code="UP-PACK-41", entry=entry.index)
            continue
        signers = verify(envelope, keys)
        holding += len(signers)
        unattributed += not signers
        for one in envelope.signatures:
            if one.keyid in keys and one.keyid not in signers:
                findings.problem(
                    "UP-PACK-42",
                    OPENINGS,
                    expected=f"a signature of key {one.keyid} over the payload with SHA-256 {envelope.id}",
                    got=f"{one.sig.hex()[:32]}…, which does not hold",
                    entry=entry.index,
                )
    findings.counts["signatures"] = holding
    if unattributed:
        findings.not_checked.append(
            f"{unattributed} evidence entries are signed by keys that the log never enrolled: unattributed"
        )
    if erased:
        findings.not_checked.append(f"{erased} evidence entries were erased; the log says so and holds no body")
