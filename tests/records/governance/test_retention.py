"""Retention: nothing goes early, under a hold, or by its proposer, and a tombstone stays. Served clauses; upkeep."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from records.examples import EXAMPLES
from records.examples.building import day
from records.identity.accounts import account
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.catalogue.integrated import STANDARDS, integrated
from upright.desk.description import record_type
from upright.records.assurance.judging import catalogue
from upright.records.collaboration.models import Comment
from upright.records.governance.disposing import approve_disposal, lift_hold, refuse_disposal
from upright.records.governance.models import LegalHold, RecordDisposal, RetentionClass, ServedClause
from upright.records.governance.retention import add_period, legal_periods, without_class
from upright.records.governance.upkeep import upkeep
from upright.records.identity.controlled import approve, reconfirm, submit
from upright.records.identity.editing import add
from upright.records.identity.leaving import deactivate
from upright.records.identity.models import Person, Role
from upright.records.identity.power import powers_of
from upright.records.operations.actions.voices import (
    answer_voice,
    close_voice,
    conversation,
    enter_waiting,
    find_voice,
    say,
    take_voice,
)
from upright.records.trail.door import refresh, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import entries_of
from upright.records.trail.models import LedgerEntry
from upright.records.trail.record import record_types
from upright.records.trail.server_log import clock_set, now
from upright.records.trail.verify import verify
from upright.web.bulk import choose, move_all

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "upkeep.md"


def test_nothing_is_disposed_of_early_under_a_hold_or_by_its_proposer_and_a_tombstone_stays(
    meridian: Organisation,
) -> None:
    lead, made = (
        actor_of(meridian.lead),
        {"document": add(EXAMPLES["document"](meridian, {}), actor=actor_of(meridian.lead))},
    )
    tessa = write(Person(name="Tessa", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(tessa, Role.AIMS_MANAGER, meridian.root)
    disposal = add(EXAMPLES["record-disposal"](meridian, made), actor=lead)
    assert isinstance(disposal, RecordDisposal)
    assert disposal.due == day(0)
    comment = Comment.objects.get(ref=disposal.record)
    long = add(EXAMPLES["retention-class"](meridian, {}), actor=lead)
    assert isinstance(long, RetentionClass)
    with pytest.raises(RefusedError, match="UP-KEEP-04"):
        add(RecordDisposal(record=comment.ref, retention_class=long, unit=meridian.root), actor=lead)
    approve(submit(long, actor=lead), actor=actor_of(tessa))
    with pytest.raises(RefusedError, match=r"is kept until.*UP-KEEP-06"):
        add(RecordDisposal(record=comment.ref, retention_class=long, unit=meridian.root), actor=lead)
    with pytest.raises(RefusedError, match=r"is for comment.*UP-KEEP-04"):
        add(RecordDisposal(record=meridian.owner.ref, retention_class=long, unit=meridian.root), actor=lead)
    hold = LegalHold(title="Court", reason="Order", covers=[comment.ref], unit=meridian.root, owner=meridian.owner)
    add(hold, actor=lead)
    with pytest.raises(RefusedError, match=r"is under legal-hold.*UP-KEEP-05"):
        approve_disposal(disposal, actor=actor_of(tessa))
    lift_hold(hold, actor=lead, reason="Settled.")
    with pytest.raises(RefusedError, match="was lifted on"):
        lift_hold(hold, actor=lead, reason="Again.")
    with pytest.raises(RefusedError, match="somebody else"):
        approve_disposal(refresh(disposal), actor=lead)
    with pytest.raises(RefusedError, match="needs a reason"):
        refuse_disposal(refresh(disposal), actor=actor_of(tessa), reason=" ")
    done = approve_disposal(refresh(disposal), actor=actor_of(tessa))
    assert (done.state, done.erased_entries) == ("done", 1)
    assert Comment.objects.get(ref=comment.ref).text == "(erased)"
    bodies = [one.body for one in entries_of(comment.ref)]
    assert bodies[0] is None
    assert len(bodies) == 3
    with pytest.raises(RefusedError, match="done"):
        approve_disposal(done, actor=actor_of(tessa))
    assert verify().outcome == "intact"


def test_periods_are_calendar_periods_and_the_law_is_offered() -> None:
    cases = (
        (date(2024, 2, 29), "P1Y", date(2025, 2, 28)),
        (date(2026, 10, 31), "P6M", date(2027, 4, 30)),
        (date(2026, 12, 31), "P1Y2M3D", date(2028, 3, 3)),
        (date(2026, 1, 1), "P0D", date(2026, 1, 1)),
    )
    for start, period, end in cases:
        assert add_period(start, period) == end
    law = {one.what: (one.period, one.basis) for one in legal_periods()}
    assert law["Automatic logs"] == ("P6M", "EU AI Act, AIA-19, AIA-26-6")
    assert law["Technical and QMS documentation, declaration"][0] == "P10Y"


def test_a_class_that_cannot_be_counted_or_carried_out_is_refused(meridian: Organisation) -> None:
    for field, wrong, code in (
        ("period", "two years", "UP-KEEP-01"),
        ("period", "P", "UP-KEEP-01"),
        ("applies_to", "risk", "invalid_choice"),
        ("disposal", "keep", "UP-KEEP-02"),
        ("starts", "", "blank"),
        ("basis", "", "blank"),
    ):
        one = EXAMPLES["retention-class"](meridian, {})
        setattr(one, field, wrong)
        with pytest.raises(ValidationError) as caught:
            add(one, actor=actor_of(meridian.lead))
        assert code in {error.code for error in caught.value.error_dict[field]}, (field, wrong)


def test_each_type_with_personal_data_has_a_class_in_force_or_is_said_to_have_none(meridian: Organisation) -> None:
    lead = actor_of(meridian.lead)
    tessa = write(Person(name="Tessa", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(tessa, Role.AIMS_MANAGER, meridian.root)
    personal = {name for name, model in record_types().items() if model.personal}

    def lacking() -> set[str]:
        return {name for name, _ in without_class(RetentionClass.objects.all())}

    assert lacking() == personal >= {"person", "comment"}
    for name in sorted(personal):
        one = EXAMPLES["retention-class"](meridian, {})
        one.applies_to = name  # type: ignore[attr-defined]
        add(one, actor=lead)
        assert name in lacking()  # a draft says nothing
        approve(submit(one, actor=lead), actor=actor_of(tessa))  # type: ignore[type-var]
        assert name not in lacking()
    assert lacking() == set()


def test_a_record_serves_clauses_elsewhere_and_unconfirmed_ids_say_so(meridian: Organisation) -> None:
    lead = actor_of(meridian.lead)
    made = {"document": add(EXAMPLES["document"](meridian, {}), actor=lead)}
    mark = add(EXAMPLES["served-clause"](meridian, made), actor=lead)
    assert str(mark) == "ISO/IEC 27001:2022 5.2 (id not confirmed)"
    with pytest.raises(ValidationError, match="shares no record"):
        add(ServedClause(record=made["document"].ref, standard="iso9001", clause="99", unit=meridian.root), actor=lead)
    assert "9.2" in " ".join(integrated().proposed("9.2.2")["iso27001"])
    for name in STANDARDS:
        assert integrated().clauses(name)
        assert not integrated().edition(name).clause_ids_confirmed


def test_unchanged_records_are_reconfirmed_in_bulk_with_one_reason(meridian: Organisation) -> None:
    lead = actor_of(meridian.lead)
    tessa = write(Person(name="Tessa", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(tessa, Role.AIMS_MANAGER, meridian.root)
    approver = actor_of(tessa)
    rows = [add(EXAMPLES["obligation"](meridian, {}), actor=lead) for _ in range(3)]
    for row in rows:
        approve(submit(row, actor=lead), actor=approver)  # type: ignore[type-var]
    chosen = choose(
        record_type("obligation"),
        [one.ref for one in rows],
        actor=approver,
        powers=powers_of(approver),
        reason="The law did not change.",
    )
    assert move_all(chosen, reconfirm, review_by=day(365)) == 3
    assert {refresh(one).review_by for one in rows} == {day(365)}  # type: ignore[attr-defined]


def test_upkeep_is_counted_from_the_asks_and_the_guide_states_it() -> None:
    edition = catalogue()
    one = {"organisation": 1, "system": 1, "model": 1, "dataset": 1, "supplier": 1}
    needs: dict[tuple[str, str], int] = {}
    for requirement in edition.frameworks["iso42001"].requirements:
        for ask in requirement.asks:
            for member in ask.all_of:
                by_hand = [kind for kind in member if edition.kinds[kind].produced_by in {"record", "document"}]
                if len(by_hand) == len(member):
                    days = int((ask.fresh_for or "P0D").strip("PD"))
                    times = 365 / days if days else 0
                    needs[by_hand[0], ask.about] = max(times, needs.get((by_hand[0], ask.about), 0))  # type: ignore[assignment]
    found = upkeep(edition, "iso42001", one)
    assert found.records == len(needs)
    assert found.reviews == sum(-(-times // 1) for times in needs.values())
    assert found.people == 2
    ten = upkeep(edition, "iso42001", one | {"system": 10})
    assert ten.records > found.records
    added = upkeep(edition, "nist-ai-rmf", one, beside={"iso42001"})
    assert added.records < upkeep(edition, "nist-ai-rmf", one).records
    said = GUIDE.read_text(encoding="utf-8")
    for name in edition.frameworks:
        alone = upkeep(edition, name, one)
        assert f"| {name} | {alone.requirements} | {alone.records} | {alone.reviews} |" in said, alone


def asked(record: str, org: Organisation, **more: Any) -> RecordDisposal:
    """That the person concerned asked, today unless said otherwise."""
    given = {"ground": "request", "asked_on": day(0), "unit": org.root} | more
    return RecordDisposal(record=record, **given)


@pytest.fixture
def tessa(meridian: Organisation) -> Person:
    found = write(Person(name="Tessa", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(found, Role.AIMS_MANAGER, meridian.root)
    return found


def test_who_asks_is_erased_with_their_account_by_a_second_person_and_every_proof_stays(
    meridian: Organisation, tessa: Person
) -> None:
    lead = actor_of(meridian.lead)
    gone = write(
        Person(name="Zorro Vega", email="zorro@meridian.example", unit=meridian.root),
        actor=SETUP,
        action="identity.person.added",
    )
    login = account(gone)
    with pytest.raises(RefusedError, match=r"the person is active; deactivate them first.*UP-DOOR-09"):
        add(asked(gone.ref, meridian), actor=lead)
    grant(meridian.lead, Role.ADMINISTRATOR, meridian.root)
    deactivate(refresh(gone), actor=lead, reason="Left.")
    wish = add(asked(gone.ref, meridian, why="A letter."), actor=lead)
    assert isinstance(wish, RecordDisposal)
    assert wish.due == add_period(day(0), "P1M")  # GDPR, Art. 12(3)
    with pytest.raises(RefusedError, match="somebody else"):
        approve_disposal(refresh(wish), actor=lead)
    done = approve_disposal(refresh(wish), actor=actor_of(tessa))
    streams = entries_of(gone.ref), entries_of(login.ref)
    # of each stream all that stood there, then the blank row, and an entry for each that went
    assert done.erased_entries == sum(one.body is None for stream in streams for one in stream) >= 4
    assert [sum(one.type == "erasure" for one in stream) * 2 + 1 for stream in streams] == [*map(len, streams)]
    assert (refresh(gone).name, refresh(gone).email) == ("", "")
    assert refresh(login).email.endswith("@invalid.example")
    kept = [bytes(row.body) for row in LedgerEntry.objects.all()]
    assert not any(b"zorro" in one.lower() for one in kept)
    assert b"GDPR, Art. 17" in b"".join(one.body or b"" for one in streams[0])
    assert verify().outcome == "intact"


def test_what_is_needed_yet_or_kept_by_law_is_not_erased_on_request(meridian: Organisation, tessa: Person) -> None:
    lead = actor_of(meridian.lead)
    comment = write(
        Comment(about=meridian.root.ref, text="Old.", author=str(SETUP)),
        actor=SETUP,
        action="collaboration.comment.added",
    )
    law = add(
        RetentionClass(
            title="Comments by law",
            applies_to="comment",
            starts="written",
            period="P2Y",
            basis="Trade law",
            by_law=True,
            disposal="erase",
            unit=meridian.root,
            owner=meridian.owner,
            review_by=day(300),
        ),
        actor=lead,
    )
    wish = add(asked(comment.ref, meridian), actor=lead)  # a draft binds nobody
    assert isinstance(wish, RecordDisposal)
    assert isinstance(law, RetentionClass)
    approve(submit(law, actor=lead), actor=actor_of(tessa))
    with pytest.raises(RefusedError, match=r"is kept until .*Trade law.*Art. 17\(3\)\(b\).*UP-KEEP-08"):
        approve_disposal(refresh(wish), actor=actor_of(tessa))
    with pytest.raises(RefusedError, match="UP-KEEP-08"):
        add(asked(comment.ref, meridian), actor=lead)
    assert refresh(comment).text == "Old."
    with pytest.raises(RefusedError, match="holds no personal data"):
        add(asked(law.ref, meridian), actor=lead)
    for wrong, field in (
        ({"asked_on": None}, "asked_on"),
        ({"asked_on": day(1)}, "asked_on"),
        ({"retention_class": law}, "retention_class"),
        ({"ground": "period"}, "retention_class"),
        ({"ground": "period", "retention_class": law}, "asked_on"),
    ):
        with pytest.raises(ValidationError) as caught:
            add(asked(comment.ref, meridian, **wrong), actor=lead)
        assert {error.code for error in caught.value.error_dict[field]} == {"UP-KEEP-07"}


def test_a_closed_concern_is_erased_an_open_one_is_answered_first(meridian: Organisation, tessa: Person) -> None:
    lead = actor_of(meridian.lead)
    receipt = say("concern", "My neighbour Zorro was refused.")
    later = now() + timedelta(hours=1)
    with clock_set(lambda: later):
        enter_waiting()
    voice = find_voice(receipt)
    assert voice is not None
    with pytest.raises(RefusedError, match="it is not closed"):
        add(asked(voice.ref, meridian), actor=lead)
    answer_voice(take_voice(voice, actor=lead), answer="We looked.", actor=lead)
    close_voice(refresh(voice), outcome="Explained.", actor=lead)
    wish = add(asked(voice.ref, meridian), actor=lead)
    assert isinstance(wish, RecordDisposal)
    approve_disposal(refresh(wish), actor=actor_of(tessa))
    found = find_voice(receipt)
    assert found is not None
    assert [words for _, _, words in conversation(found)] == ["(erased)", "(erased)"]
    assert verify().outcome == "intact"
