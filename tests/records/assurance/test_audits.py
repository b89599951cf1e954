"""9.2: a programme without a gap, auditors without own work in scope, samples drawn again, findings acted on."""

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.assurance.test_correction import refused, said
from records.assurance.test_spoken import status
from records.examples.assurance import external
from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.kernel import Actor, canonical_bytes
from upright.ledger import JSON, NewEntry
from upright.records.assurance import audit_actions as verbs
from upright.records.assurance.auditing import (
    Audit,
    AuditFinding,
    AuditInterview,
    AuditorAssignment,
    AuditProgramme,
    AuditSample,
    Certificate,
)
from upright.records.assurance.certification import cycle, surveillance_days
from upright.records.assurance.correction import Nonconformity
from upright.records.assurance.coverage import coverage, demanded
from upright.records.governance.models import Document
from upright.records.governance.support import Competence
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role
from upright.records.identity.power import DeniedError
from upright.records.inventory.models import Supplier
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import clock_set, now, organisation_index
from upright.records.trail.verify import verify


def person(meridian: Organisation, name: str, role: Role = Role.INTERNAL_AUDITOR) -> Person:
    made = write(Person(name=name, unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(made, role, meridian.root)
    return made


def speak(ref: str, kind: str, data: dict[str, Any], **more: Any) -> None:
    """An entry of a record of another app that speaks; this app reads such entries alone."""
    evidence = {
        "kinds": [kind], "about": "organisation:meridian", "state": "approved", "conclusion": None, "review_by": None,
        "on": None, "persons": [], "tied": False, "data": data,
    } | more  # fmt: skip
    body = {
        "schema": "document/1", "ref": ref, "action": "governance.document.added", "actor": "system:setup",
        "reason": "", "cause": None, "record": {}, "evidence": evidence,
    }  # fmt: skip
    with change() as mine:
        data_bytes = canonical_bytes(body)
        mine.add(NewEntry(type="record", ref=ref, media_type=JSON, body=data_bytes, index=organisation_index()))


def competent(who: Person, ref: str = "document:2026-0900", *, effective: bool = True, **more: Any) -> None:
    row = {"person": str(who.ref), "needs": "Internal audit", "holds": "Course of 2025", "effective": effective}
    speak(ref, "competence-record", {"rows": [row], "reviewed_on": "2026-01-01"}, **more)


def programme(meridian: Organisation, **more: Any) -> AuditProgramme:
    given = {
        "title": "Audits of three years", "starts": day(-30), "ends": day(1000), "importance": "Lending every year.",
        "earlier_results": "None yet.", "methods": "Samples.", "impartiality": "Another unit.",
        "unit": meridian.root, "owner": meridian.owner, "review_by": day(300),
    }  # fmt: skip
    return add(AuditProgramme(**(given | more)), actor=actor_of(meridian.lead))


def internal(meridian: Organisation, of: AuditProgramme, clauses: list[str], **more: Any) -> Audit:
    given = {"title": "Internal", "kind": "internal", "programme": of, "clauses": clauses}
    return add(external(meridian, **(given | more)), actor=actor_of(meridian.lead))


EVERYTHING = [f"iso42001:{one}" for one in (4, 5, 6, 7, 8, 9, 10, *(f"A.{n}" for n in range(2, 11)))]


def test_a_programme_is_approved_once_it_gives_reasons_and_leaves_nothing_out(meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), actor_of(person(meridian, "Bo", Role.AIMS_MANAGER))
    mine = programme(meridian, earlier_results=" ")
    refused("what earlier audits found", controlled.submit, mine, ada)
    mine.earlier_results = "None yet."
    edit(mine, actor=ada)
    refused("no audit of the cycle reaches 4.1, ", controlled.submit, mine, ada)
    first = internal(meridian, mine, [one for one in EVERYTHING if one != "iso42001:A.10"])
    refused("reaches A.10.2, A.10.3, A.10.4;", controlled.submit, mine, ada)
    late = internal(meridian, mine, ["iso42001:A.10"], starts=day(990), ends=day(1010))  # ends after the cycle
    refused("reaches A.10.2, A.10.3, A.10.4;", controlled.submit, mine, ada)
    speak(
        "document:2026-0901", "statement-of-applicability",
        {"rows": [{"control": "A.10.2", "included": False, "ground": "risk-assessment-shows-no-need"}]},
        persons=["person:a", "person:b"],
    )  # fmt: skip
    assert "iso42001:A.10.2" not in dict(demanded(meridian.root))
    refused("reaches A.10.3, A.10.4;", controlled.submit, mine, ada)
    late.ends = day(995)
    edit(late, actor=ada)
    assert {one.first for one in coverage(mine) if one.id.startswith("iso42001:A.10")} == {day(990)}
    controlled.submit(mine, actor=ada)
    refused("UP-CTRL-04", controlled.approve, mine, ada)
    controlled.approve(mine, actor=bo)
    assert (status("iso42001:9.2.2"), said("audit-programme")[-1]) == ("met", ("approved", "passed"))
    refused("A.10.3.*UP-AUD-09", verbs.cancel_audit, late, ada)
    assert Audit.objects.get(pk=late.pk).state == "planned"
    internal(meridian, mine, ["iso42001:A.10"])
    assert verbs.cancel_audit(Audit.objects.get(pk=late.pk), actor=ada, reason="Moved forward.").state == "cancelled"
    for wrong in (["9.2"], [], ["iso42001:99"], "iso42001:9.2"):
        with pytest.raises(ValidationError):
            internal(meridian, mine, wrong)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="belongs to a programme"):
        add(external(meridian, kind="internal"), actor=ada)
    with pytest.raises(ValidationError, match="names no record"):
        internal(meridian, mine, ["iso42001:9.2"], systems=["system:none"])
    assert first.state == "planned"


def test_an_auditor_with_own_work_in_scope_or_without_competence_is_not_assigned(meridian: Organisation) -> None:
    ada, start = actor_of(meridian.lead), now()

    def at(days: int) -> Any:
        """The ledger goes forward only, so moments come in their order."""
        return clock_set(lambda: start + timedelta(days=days))

    olga, wim, pat, quinn = (person(meridian, name, Role.AIMS_MANAGER) for name in ("Olga", "Wim", "Pat", "Quinn"))
    system = add(meridian.system(owner=olga, unit=meridian.root), actor=ada)
    other = add(meridian.system("other", owner=quinn, unit=meridian.root), actor=ada)
    text = Document(
        title="AI policy", subtype="ai-policy", unit=meridian.root, owner=meridian.owner, text="We …",
        review_by=date(2040, 1, 1),
    )  # fmt: skip
    add(text, actor=actor_of(wim))
    controlled.submit(text, actor=actor_of(wim))
    controlled.approve(text, actor=actor_of(pat))
    mine = programme(meridian)
    of_system = internal(meridian, mine, ["iso42001:A.5"], systems=[system.ref])
    of_policy = internal(meridian, mine, ["iso42001:5.2"])
    widened = internal(meridian, mine, ["iso42001:A.5"], systems=[other.ref])

    def assigned(audit: Audit, who: Person, **more: Any) -> str:
        try:
            verbs.assign_auditor(AuditorAssignment(audit=audit, auditor=who, **more), actor=ada)
        except RefusedError as why:
            return why.code
        return ""

    for wrong in ({}, {"effective": False}, {"review_by": "2020-01-01"}, {"state": "draft"}):
        if wrong:
            competent(quinn, **wrong)
        assert assigned(of_policy, quinn) == "UP-AUD-08"
    for number, who in enumerate((olga, wim, pat, meridian.owner)):
        competent(who, f"document:2026-09{number + 10}")
    held = Competence(
        person=quinn,
        task="Internal audit",
        needs="A course.",
        unit=meridian.root,
        owner=olga,
        review_by=date(2040, 1, 1),
    )
    held.holds = "Certificate of 2025."
    add(held, actor=ada)
    controlled.submit(held, actor=ada)
    assert assigned(of_policy, quinn) == "UP-AUD-08"
    controlled.approve(held, actor=actor_of(wim))
    # days since it was written: who owned, wrote or approved what is in scope within the year before
    table: list[tuple[int, Audit, Person, str]] = [
        (20, of_system, olga, "UP-AUD-02"),  # owns the system
        (300, of_policy, wim, "UP-AUD-02"),  # wrote the policy
        (300, of_policy, pat, "UP-AUD-02"),  # approved it
        (300, of_policy, meridian.owner, "UP-AUD-02"),  # owns it
        (300, of_policy, olga, ""),
        (380, of_policy, wim, ""),  # more than a year ago
        (380, of_policy, pat, ""),
        (790, of_policy, meridian.owner, "UP-AUD-02"),  # still owns it
        (790, of_system, olga, "UP-AUD-02"),
        (790, of_system, quinn, ""),  # owns another system
        (790, widened, olga, ""),
    ]
    wrong_ones = []
    for days, audit, who, code in table:
        with at(days):
            if (got := assigned(audit, who)) != code:
                wrong_ones.append((days, who.name, code, got))
    assert wrong_ones == []
    with at(795):
        system.owner = meridian.owner
        edit(system, actor=ada)
    with at(1100):
        assert assigned(of_system, olga) == "UP-AUD-02"  # owned it until 305 days ago
        widened.systems = [system.ref]
        edit(widened, actor=ada)
        refused("UP-AUD-04", verbs.start_audit, widened, ada)  # nobody leads it
        assert assigned(widened, wim, is_lead=True) == ""
        refused("UP-AUD-02", verbs.start_audit, widened, ada)  # its scope was widened after olga was assigned
        with pytest.raises(RefusedError, match="UP-DOOR-11"):
            edit(AuditorAssignment.objects.get(audit=widened, auditor=wim), actor=ada)
    with at(1161):
        assert assigned(of_system, olga) == ""


def test_a_sample_is_drawn_by_rule_and_seed_and_can_be_drawn_again(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)

    def supplier(name: str) -> Supplier:
        return Supplier(name=name, provides="x", country="de", criticality="high", unit=meridian.root)

    for number in range(12):
        add(supplier(f"Supplier {number}"), actor=ada)
    audit = add(external(meridian), actor=ada)

    def sample(**more: Any) -> AuditSample:
        given = {"audit": audit, "what": "supplier", "since": day(-1), "until": day(0), "size": 5, "seed": "spring"}
        return add(AuditSample(**(given | more)), actor=ada)

    with pytest.raises(RefusedError, match="UP-CTRL-05"):
        sample()
    verbs.start_audit(audit, actor=ada)
    for wrong in ({"what": "poem"}, {"until": day(1)}, {"since": day(-9), "until": day(-5)}):
        with pytest.raises(RefusedError, match="UP-AUD-03"):
            sample(**wrong)
    drawn = sample()
    refs = [f"supplier:supplier-{number}" for number in range(12)]
    by_digest = {hashlib.sha256(b"upright/sample/1\nspring\n" + ref.encode()).digest(): ref for ref in refs}
    assert drawn.drawn == [by_digest[digest] for digest in sorted(by_digest)][:5]
    assert drawn.digest == hashlib.sha256("\n".join(sorted(refs)).encode()).hexdigest()
    assert sample(size=8).drawn[:5] == drawn.drawn
    unpicked = sample(seed="")
    assert len(unpicked.seed) == 64
    later = now() + timedelta(days=2)
    with clock_set(lambda: later):
        add(supplier("A later one"), actor=ada)
        for one in (drawn, unpicked):
            again = verbs.drawn_again(AuditSample.objects.get(pk=one.pk))
            assert (list(again.members), again.digest) == (one.drawn, one.digest)
    with pytest.raises(RefusedError, match="UP-DOOR-11"):
        edit(drawn, actor=ada)


def test_a_report_is_the_leads_is_received_by_others_and_each_nonconformity_is_acted_on(meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), person(meridian, "Bo", Role.AIMS_MANAGER)
    lea, ian = person(meridian, "Lea"), person(meridian, "Ian")
    for number, who in enumerate((lea, ian)):
        competent(who, f"document:2026-09{number + 10}")
    audit = internal(meridian, programme(meridian), ["iso42001:9.3", "iso42001:A.5"])
    for who, is_lead in ((lea, True), (ian, False)):
        add(AuditorAssignment(audit=audit, auditor=who, is_lead=is_lead), actor=ada)
    by_lea = actor_of(lea)

    def finding(grade: str, clause: str = "iso42001:A.5.4") -> AuditFinding:
        return add(AuditFinding(audit=audit, clause=clause, grade=grade, statement="Late.", grounds="x"), actor=by_lea)

    with pytest.raises(RefusedError, match="UP-CTRL-05"):
        finding("minor")
    verbs.start_audit(audit, actor=by_lea)
    with pytest.raises(RefusedError, match="UP-CTRL-05"):
        add(AuditorAssignment(audit=audit, auditor=bo), actor=ada)
    major, minor, idea = finding("major"), finding("minor", "iso42001:9.3.2"), finding("opportunity")
    add(AuditInterview(audit=audit, role="Officer", held_on=day(-1), notes="Showed two."), actor=by_lea)

    def reported(actor: Actor, conclusion: str = "Conforms but for two.") -> Audit:
        return verbs.report_audit(Audit.objects.get(pk=audit.pk), conclusion=conclusion, actor=actor)

    for code, actor, conclusion in (
        ("UP-AUD-05", by_lea, "Fine."),  # no sample yet
        ("UP-AUD-06", actor_of(ian), "Fine."),
        ("UP-AUD-06", ada, "Fine."),
        ("UP-AUD-05", by_lea, " "),
    ):
        with pytest.raises(RefusedError, match=code):
            reported(actor, conclusion)
    drawn = AuditSample(audit=audit, what="person", since=day(-1), until=day(0), size=2)
    add(drawn, actor=by_lea)
    refused("UP-CTRL-05", verbs.receive_audit, audit, ada)
    audit = reported(by_lea)
    assert (said("audit")[-1][0], said("audit-finding")[-1]) == ("draft", ("approved", "passed"))
    with pytest.raises(RefusedError, match="UP-DOOR-11"):
        edit(AuditFinding.objects.get(pk=major.pk), actor=by_lea)
    with pytest.raises(DeniedError):
        verbs.receive_audit(audit, actor=by_lea)
    grant(lea, Role.AIMS_MANAGER, meridian.root)
    refused("UP-AUD-07", verbs.receive_audit, audit, by_lea)
    verbs.receive_audit(audit, actor=actor_of(bo), reason="For the review.")
    opened = {one.found_in: one.requirement for one in Nonconformity.objects.all()}
    assert opened == {major.ref: "iso42001:A.5.4", minor.ref: "iso42001:9.3.2"}
    assert idea.ref not in opened
    assert (said("audit")[-1], status("iso42001:9.2.1")) == (("approved", "passed"), "met")
    following = programme(meridian, title="The next", starts=day(1), ends=day(900))
    internal(meridian, following, EVERYTHING, starts=day(30), ends=day(40))
    refused("nonconformities in iso42001:9.3.2, iso42001:A.5.4", controlled.submit, following, ada)
    following.earlier_results = "A.5.4 was late and 9.3.2 thin: both again within six months."
    edit(following, actor=ada)
    assert controlled.submit(following, actor=ada).state == "in-review"


def test_the_cycle_of_a_certificate_says_what_is_due(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    assert surveillance_days(date(2024, 2, 29), date(2027, 2, 27)) == (date(2025, 2, 28), date(2026, 2, 28))
    given = Certificate(
        number="1", standard="ISO/IEC 42001:2023", body="C", scope="Lending.", unit=meridian.root,
        owner=meridian.owner, issued_on=date(2025, 3, 1), expires_on=date(2028, 2, 29),
    )  # fmt: skip
    add(given, actor=ada)

    def states() -> list[tuple[str, date, str]]:
        return [(one.what, one.on, one.state) for one in cycle(given, date(2027, 5, 1))]

    assert states() == [
        ("Surveillance 1", date(2026, 3, 1), "overdue"),
        ("Surveillance 2", date(2027, 3, 1), "overdue"),
        ("Renewal", date(2028, 2, 29), "to be planned"),
    ]
    for first, last in ((date(2026, 2, 1), date(2026, 2, 2)), (date(2027, 2, 28), date(2027, 3, 2))):
        audit = add(external(meridian, kind="surveillance", certificate=given, starts=first, ends=last), actor=ada)
        verbs.start_audit(audit, actor=ada)
        verbs.report_audit(audit, conclusion="Continued.", actor=ada)
    assert [state for _, _, state in states()] == ["done", "overdue", "to be planned"]  # the second one came a day late
    assert said("audit") == []  # others' audits are no internal audits
    refused("UP-CTRL-05", verbs.reinstate_certificate, given, ada)
    verbs.suspend_certificate(given, actor=ada, reason="Overdue.")
    verbs.withdraw_certificate(given, actor=ada, reason="Ended.")
    refused("UP-CTRL-05", verbs.withdraw_certificate, given, ada)
    with pytest.raises(RefusedError, match="UP-DOOR-11"):
        edit(given, actor=ada)
    assert verify().outcome == "intact"
