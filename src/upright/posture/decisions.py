"""What people's records say of other facts: withdrawals, links, applicability, adoption, waivers, approvals."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from upright.posture.bound import Approval
from upright.posture.facts import Answer, SoaRow, Waiver
from upright.posture.reading import Read
from upright.posture.series import LINKING_KINDS

if TYPE_CHECKING:
    from upright.catalogue import Catalogue


def plain_id(text: object) -> str:
    """An evidence id without its prefix."""
    return str(text).removeprefix("sha256:")


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a list; nothing of anything else."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()


def withdrawals(reads: Iterable[Read]) -> dict[str, tuple[str, bool]]:
    """Evidence id to the first withdrawal of it, and whether the keys behind that are sound.

    A withdrawal by a key that is compromised since is not taken back for what had passed, and does not count for what
    had failed. A withdrawal of a withdrawal restores nothing.
    """
    found: dict[str, tuple[str, bool]] = {}
    for read in reads:
        if read.kind == "withdrawal" and read.is_approved and read.item.signer in {"enrolled", "login", "compromised"}:
            target, sound = plain_id(read.data.get("evidence")), read.stands
            if target not in found or (sound and not found[target][1]):
                found[target] = (read.item.id, sound)
    return found


def taken_back(reads: Sequence[Read]) -> dict[str, tuple[str, bool]]:
    """Entries of records that are withdrawn as they stand: what they decided before counts no more.

    For decisions alone. The state of a cell is walked entry by entry, and there a failure stays one.
    """
    newest = {read.item.stream: read.item for read in reads if read.item.source == "record"}
    gone = {stream: item.id for stream, item in newest.items() if item.record_state == "withdrawn"}
    return {read.item.id: (gone[read.item.stream], True) for read in reads if read.item.stream in gone}


def links(reads: Iterable[Read], withdrawn: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Evidence id to the approved, effective nonconformities and treatments that link it.

    Of each stream the newest record that names a failure speaks; a draft says nothing.
    """
    newest: dict[tuple[str, str], str | None] = {}
    for read in reads:
        if read.kind not in LINKING_KINDS or read.item.record_state == "draft":
            continue
        counts = read.stands and read.data.get("effective") is True and read.item.id not in withdrawn
        for target in texts(read.data.get("links")):
            newest[read.item.stream, plain_id(target)] = read.item.id if counts else None
    found: dict[str, dict[str, None]] = {}
    for (_, target), by in newest.items():
        if by is not None:
            found.setdefault(target, {})[by] = None
    return {target: tuple(sorted(by)) for target, by in found.items()}


def applicability_rows(reads: Iterable[Read], withdrawn: Mapping[str, object]) -> tuple[SoaRow, ...]:
    """Rows of the approved statements of applicability, oldest first.

    One that was approved and is in doubt now (withdrawn, a key compromised, concluded badly) keeps every control in:
    taking it back must not bring an older exclusion to life.
    """
    found = []
    for read in reads:
        if read.kind != "statement-of-applicability" or read.item.record_state != "approved":
            continue
        sound = read.stands and read.item.id not in withdrawn
        for row in read.data.get("rows", ()):
            if not isinstance(row, dict) or not isinstance(row.get("control"), str):
                continue
            system, ground = row.get("system"), row.get("ground")
            found.append(
                SoaRow(
                    control=row["control"],
                    system=system_ref(system) if isinstance(system, str) else None,
                    included=row.get("included") is not False or not sound,
                    ground=ground if isinstance(ground, str) else None,
                    approved_index=read.item.index,
                )
            )
    return tuple(found)


def system_ref(text: str) -> str:
    """A system's ref from its id or its ref."""
    return text if text.startswith("system:") else f"system:{text}"


def adopted(reads: Sequence[Read], withdrawn: Mapping[str, object], catalogue: "Catalogue") -> tuple[Answer, ...]:
    """Whether the newest approved scope statement adopts each voluntary framework; nothing while it is in doubt."""
    approved = [
        read for read in reads if read.kind == "scope-statement" and read.item.record_state in {"approved", "rejected"}
    ]
    if not approved:
        return ()
    newest = approved[-1]
    if not newest.stands or newest.item.id in withdrawn:
        return ()
    named = set(texts(newest.data.get("frameworks")))
    return tuple(
        Answer(
            framework=name,
            question="adopted",
            value="yes" if name in named else "no",
            system=None,
            item=newest.item.id,
        )
        for name, framework in catalogue.frameworks.items()
        if framework.kind == "voluntary"
    )


def waivers(reads: Iterable[Read], withdrawn: Mapping[str, object]) -> tuple[Waiver, ...]:
    """Waivers signed by two different persons: who asks first, who approves second."""
    found = []
    for read in reads:
        persons = list(dict.fromkeys(one.person for one in read.holders if one.person and not one.is_compromised))
        words = [read.data.get(name) for name in ("requirement", "system", "stage", "until")]
        if read.kind != "waiver" or not read.stands or read.item.id in withdrawn or len(persons) < 2:
            continue
        if not all(isinstance(word, str) for word in words):
            continue
        requirement, system, stage, until = map(str, words)
        found.append(
            Waiver(
                requirement=requirement,
                system=system_ref(system),
                stage=stage,
                requester=str(persons[0]),
                approver=str(persons[1]),
                until=until,
                index=read.item.index,
            )
        )
    return tuple(found)


def approvals(reads: Iterable[Read], withdrawn: Mapping[str, object]) -> tuple[Approval, ...]:
    """Approvals of changed bindings, each about the system that it is filed under."""
    found = []
    for read in reads:
        if read.kind != "binding-approval" or not read.stands or read.item.id in withdrawn:
            continue
        manifest, index = read.data.get("manifest"), read.data.get("record_index")
        found.append(
            Approval(
                index=read.item.index,
                system=read.item.subject,
                manifest=plain_id(manifest) if isinstance(manifest, str) else None,
                record_index=index if isinstance(index, int) else None,
                bindings=texts(read.data.get("bindings")),
            )
        )
    return tuple(found)
