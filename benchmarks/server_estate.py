"""An organisation of a size for the server's figures, loaded through the doors that the product itself uses."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import Any

RUNS = 20
CHECKS = {
    "performance": "dataset", "group-fairness": "dataset", "data-quality": "dataset", "drift": "dataset",
    "model-file-scan": "model",
}  # fmt: skip
"""Five bindings a system, each run twenty times: a hundred pieces of evidence a system."""


@dataclass
class Estate:
    """What was loaded, and how many CPU milliseconds each kind took for one."""

    root: Any
    owner: Any
    lead: Any
    systems: int
    loading: dict[str, float] = field(default_factory=dict)

    def new_systems(self, first: int, count: int) -> Iterator[Any]:
        """Unwritten systems."""
        from upright.records.inventory.models import System

        for number in range(first, first + count):
            yield System(
                short_name=f"s{number}", name=f"System {number}", purpose="Ranks.", unit=self.root, owner=self.owner,
                modality="tabular",
            )  # fmt: skip


def begin(systems: int) -> Estate:
    """A root unit; an owner and a manager, who hold their roles there and log in."""
    from upright.kernel import Actor
    from upright.records.identity.models import Account, Person, Role, RoleAssignment, Unit
    from upright.records.trail.door import write
    from upright.records.trail.server_log import now

    actor = Actor.system("bench")
    root = write(Unit(name="Meridian", kind="organisation"), actor=actor, action="identity.unit.added")
    people = []
    for name, role in (("Owner", Role.SYSTEM_OWNER), ("Lead", Role.AIMS_MANAGER)):
        person = Person(name=name, email=f"{name.lower()}@meridian.example", unit=root)
        write(person, actor=actor, action="identity.person.added")
        held = RoleAssignment(
            person=person, role=role, unit=root, starts=date(2020, 1, 1), granted_by=str(actor),
            confirmed_by=str(actor), accepted_at=now(),
        )  # fmt: skip
        write(held, actor=actor, action="identity.role.granted")
        account = Account(email=person.email, person=person)
        account.set_unusable_password()
        write(account, actor=actor, action="identity.account.added")
        people.append(person)
    return Estate(root, people[0], people[1], systems)


def load(systems: int, risks: int) -> Estate:
    """Systems, risks, what their repositories observed of them, and a hundred pieces of signed evidence each."""
    from upright.kernel import Actor
    from upright.records.assurance.models import WorkspaceSystem
    from upright.records.inventory.models import System
    from upright.records.risk.models import Risk
    from upright.records.trail.door import write_many

    actor, estate = Actor.system("bench"), begin(systems)
    begun = time.process_time()
    write_many(estate.new_systems(0, systems), actor=actor, action="inventory.system.added")
    estate.loading["systems"] = (time.process_time() - begun) / systems * 1000
    every = list(System.objects.order_by("pk"))

    def risky() -> Iterator[Risk]:
        for number in range(risks):
            yield Risk(
                title=f"Risk {number}", system=every[number % systems], unit=estate.root, owner=estate.owner,
                concerns="individuals", source="A cause.", consequence="A harm.", likelihood=1 + number % 5,
                impact=1 + number // 5 % 5,
            )  # fmt: skip

    begun = time.process_time()
    write_many(risky(), actor=actor, action="risk.risk.added")
    estate.loading["risks"] = (time.process_time() - begun) / risks * 1000
    begun = time.process_time()
    write_many(
        (WorkspaceSystem(**_observed(one)) for one in every),
        actor=actor,
        action="assurance.workspace_system.observed",
    )
    estate.loading["observed states"] = (time.process_time() - begun) / systems * 1000
    statements, filing, signing = file_all(every)
    estate.loading["signing"], estate.loading["evidence"] = signing / statements * 1000, filing / statements * 1000
    return estate


def file_all(systems: list[Any]) -> tuple[int, float, float]:
    """Files the evidence of every system as a push does: parsed, signatures held to enrolled keys, appended, indexed.

    Gives how many, the CPU seconds of filing them, and those of making and signing them, which a pipeline pays.
    """
    from upright.evidence import PrivateKey
    from upright.evidence.dsse import Envelope, sign
    from upright.kernel import Actor
    from upright.records.assurance.evidence import current_keys, file_evidence, signed_by
    from upright.records.trail.door import change
    from upright.workspace.signers import key_entry

    key = PrivateKey.generate("evidence", "bench")
    with change() as mine:
        mine.add(key_entry(key.vkey, "evidence", action="enrolled", actor=str(Actor.system("bench")), reason="Bench."))
    count, filing, signing = 0, 0.0, 0.0
    rest = _statements(systems)
    while some := list(islice(rest, 1000)):
        begun = time.process_time()
        sent = [sign(one, key).to_bytes() for one in some]
        signed = time.process_time()
        envelopes = [Envelope.parse(one) for one in sent]
        keys = current_keys()
        assert all(signed_by(one, keys) for one in envelopes)
        with change() as mine:
            file_evidence(mine, envelopes)
        filing += time.process_time() - signed
        signing += signed - begun
        count += len(some)
    return count, filing, signing


def _subject(name: str, kind: str) -> tuple[str, str]:
    from upright.kernel import sha256_hex

    ref = f"model:{name}/scorer" if kind == "model" else f"dataset:{name}/applications"
    return ref, sha256_hex(ref.encode())


def _observed(system: Any) -> dict[str, Any]:
    from upright.records.assurance.judging import catalogue
    from upright.records.trail.server_log import organisation

    name = system.reference.path
    subjects = [_subject(name, kind) for kind in ("model", "dataset")]
    edges = [{"to": ref, "role": "uses"} for ref, _ in subjects]
    return {
        "about": system,
        "system": {
            "ref": system.ref, "stage": "deployment", "modality": "tabular", "personal_data": True,
            "roles": {"iso42001": ["producer"], "eu-ai-act": ["provider"], "gdpr": ["controller"]}, "traits": {},
            "owner": None,
        },
        "organisation": organisation(),
        "subjects": [
            {"ref": system.ref, "type": "system", "digest": "0" * 64, "hold": "declared", "edges": edges},
            *(
                {"ref": ref, "type": ref.partition(":")[0], "digest": digest, "hold": "bytes", "edges": []}
                for ref, digest in subjects
            ),
        ],
        "bindings": [
            {
                "id": check, "check": check, "check_version": "1", "subject": _subject(name, kind)[0],
                "kinds": [check], "options": {}, "limits": {}, "default_limits": False,
            }
            for check, kind in CHECKS.items()
        ],
        "answers": [],
        "catalogue": dict(catalogue().digests),
        "gates": catalogue().gates.digest,
        "manifest": "0" * 64,
        "origin": "meridian/bench",
    }  # fmt: skip


def _statements(systems: list[Any]) -> Iterator[Any]:
    from upright.evidence.statement import CheckId, Input, Measurement, Predicate, Statement, SubjectRef
    from upright.kernel import time_text
    from upright.records.trail.server_log import now

    at = now()
    for run in range(RUNS):
        ended = time_text(at - timedelta(days=RUNS - run))
        for system in systems:
            for check, kind in CHECKS.items():
                ref, digest = _subject(system.reference.path, kind)
                measured = Measurement(name="auc", value=f"0.8{run:02d}1", low="0.79", high="0.83", confidence="0.95",
                                       n=1000, unit="ratio", method="delong", outcome="passed")  # fmt: skip
                said = Predicate(
                    source="check", kinds=(check,), system=system.ref, binding=check,
                    check=CheckId(name=check, version="1"),
                    result="passed", measurements=(measured,), inputs=(Input(ref=ref, digest=digest, hold="bytes"),),
                    started=ended, ended=ended,
                )  # fmt: skip
                yield Statement(subject=(SubjectRef.of(ref, digest),), predicate=said)
