"""Judgement recomputed: Facts from the pack's own entries, posture and gate from those Facts, field by field."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from upright.evidence.strict_json import read_json
from upright.kernel import UprightError, canonical_bytes, plain_bytes, sha256_hex
from upright.ledger import Recorded
from upright.pack.check_logins import check_logins
from upright.pack.container import PackFile
from upright.pack.contents import CATALOGUE, FACTS, GATE, MANIFEST, MAX_JUDGEMENT, POSTURE, Manifest
from upright.pack.differences import differences
from upright.pack.entries import plain
from upright.pack.findings import HOSTILE_SHAPES, Findings

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.posture import Facts

_LOGS = ("self-kept", "server", "partial")
_REFUSED = (UprightError, *HOSTILE_SHAPES)


def read_catalogue(pack: PackFile, findings: Findings) -> "Catalogue | None":
    """The frozen catalogue of the pack, under the name of its own digest; None, with a problem, where unreadable."""
    from upright.catalogue import Catalogue

    names = [name for name in pack.names if name.startswith(CATALOGUE)]
    if len(names) != 1:
        findings.problem("UP-PACK-50", CATALOGUE, expected="one frozen catalogue", got=f"{len(names)} files")
        return None
    name = names[0]
    try:
        data = pack.read(name, MAX_JUDGEMENT)
        frozen = read_json(data, what="frozen catalogue", at_most=MAX_JUDGEMENT)
        catalogue = Catalogue.thaw(frozen)
    except _REFUSED as why:
        findings.refused(why, name, "a frozen catalogue", code="UP-PACK-50")
        return None
    is_canonical = plain_bytes(frozen) == data or canonical_bytes(frozen) == data
    if name != f"{CATALOGUE}{sha256_hex(data)}.json" or not is_canonical:
        findings.problem("UP-PACK-50", name, expected=f"the name {sha256_hex(data)}.json and canonical bytes", got=name)
    return catalogue


def compare_with_installed(catalogue: "Catalogue", findings: Findings) -> None:
    """Says which frameworks of the pack are not, byte for byte, those that this installation carries."""
    from upright.catalogue import Catalogue

    installed = Catalogue.load()
    ours = dict(installed.digests) | {"gates": installed.gates.digest}
    theirs = dict(catalogue.digests) | {"gates": catalogue.gates.digest}
    for name, digest in sorted(theirs.items()):
        if ours.get(name) != digest:
            here = f"sha256:{ours[name]}" if name in ours else "none of that name"
            findings.asserted.append(
                f"catalogue {name}: what it asks is the maker's edition sha256:{digest}; this installation has {here}"
            )


def check_judgement(
    pack: PackFile, manifest: Manifest, entries: Sequence[Recorded], catalogue: "Catalogue", findings: Findings
) -> None:
    """Facts, posture and gate of the pack are what its entries and catalogue give."""
    stated = _read(pack, FACTS, findings)
    if not isinstance(stated, dict):
        return
    if stated.get("log") not in _LOGS:
        findings.problem("UP-PACK-51", FACTS, expected=f"log = one of {', '.join(_LOGS)}", got=str(stated.get("log")))
        return
    if manifest.partial != (stated["log"] == "partial"):
        findings.problem(
            "UP-PACK-51",
            FACTS,
            expected=f"log {'=' if manifest.partial else 'other than'} partial, as pack.json says",
            got=str(stated["log"]),
        )
    try:
        facts = rebuild(entries, manifest, stated["log"], catalogue)
    except _REFUSED as why:
        findings.refused(why, FACTS, "entries that Facts can be gathered from", code="UP-PACK-52")
        return
    _compare(FACTS, "UP-PACK-53", plain(facts), stated, findings)
    if manifest.facts != facts.digest():
        findings.problem("UP-PACK-54", MANIFEST, expected=f"facts = {facts.digest()}", got=manifest.facts)
    findings.counts["items"] = len(facts.items)
    _check_posture(pack, facts, catalogue, findings)
    _check_gate(pack, facts, catalogue, findings)
    if stated["log"] == "server":
        findings.asserted.append("log = server: that a server with several people kept this log is the maker's word")
        check_logins(entries, findings)
    _note_newer(manifest, entries, findings)


def rebuild(entries: Sequence[Recorded], manifest: Manifest, log: Any, catalogue: "Catalogue") -> "Facts":
    """Facts from ledger entries alone, by the same function that made them."""
    from upright.posture import gather

    whose = f"organisation:{manifest.origin.partition('/')[0]}" if log == "server" else None
    return gather(entries, at=manifest.at, scope=manifest.scope, catalogue=catalogue, log=log, organisation=whose)


def _check_posture(pack: PackFile, facts: "Facts", catalogue: "Catalogue", findings: Findings) -> None:
    from upright.posture import evaluate

    stated = _read(pack, POSTURE, findings)
    try:
        posture = evaluate(facts, catalogue)
    except _REFUSED as why:
        findings.refused(why, POSTURE, "Facts that posture can be evaluated from", code="UP-PACK-55")
        return
    if stated is not None:
        _compare(POSTURE, "UP-PACK-56", plain(posture), stated, findings)
    findings.counts["posture"] = len(posture.verdicts)


def _check_gate(pack: PackFile, facts: "Facts", catalogue: "Catalogue", findings: Findings) -> None:
    from upright.gate import answer

    stated = _read(pack, GATE, findings)
    if stated is None:
        return
    try:
        asked = [(str(one["system"]), str(one["stage"])) for one in stated]
        answers = [plain(answer(facts, catalogue, system=system, stage=stage)) for system, stage in asked]
    except _REFUSED as why:
        findings.refused(why, GATE, "answers for known systems and stages", code="UP-PACK-57")
        return
    _compare(GATE, "UP-PACK-58", answers, stated, findings)
    findings.counts["gate"] = len(answers)


def _compare(file: str, code: str, expected: Any, got: Any, findings: Findings) -> None:
    if plain_bytes(expected) == plain_bytes(got):
        return
    found = list(differences(expected, got))
    for one in found:
        findings.problem(
            code, file, expected=f"{one.field} = {one.expected}", got=f"{one.field} = {one.got}", entry=one.entry
        )
    if not found:
        findings.problem(
            code, file, expected="the order that the entries give", got="the same members otherwise ordered"
        )


def _note_newer(manifest: Manifest, entries: Sequence[Recorded], findings: Findings) -> None:
    newer = [e.index for e in entries if e.time > manifest.at and e.type != "verdict" and not e.is_announcement]
    if newer:
        findings.is_partial = True
        findings.not_checked.append(
            f"{len(newer)} entries are newer than {manifest.at} and not in this posture, from entry {newer[0]} on: "
            "ask for a pack of today"
        )


def _read(pack: PackFile, name: str, findings: Findings) -> Any:
    if name not in pack.names:
        return None  # named as missing already
    try:
        return read_json(pack.read(name, MAX_JUDGEMENT), what=name, at_most=MAX_JUDGEMENT)
    except UprightError as why:
        findings.refused(why, name, "JSON that a pack holds")
        return None
