"""Templates: each is real, traced and filled from records; what nobody filled is not handed in; groups inherit."""

import re

import pytest
from django.core.exceptions import ValidationError

from records.examples import EXAMPLES
from records.examples.building import day
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.records.assurance.judging import catalogue
from upright.records.governance.actions import acknowledge, fill, issue, take_template
from upright.records.governance.kinds import document_kinds
from upright.records.governance.models import Document
from upright.records.governance.placeholders import unfilled
from upright.records.governance.templates import PLACEHOLDERS, languages, procedures, template, values_for
from upright.records.identity.controlled import approve, revise, submit
from upright.records.identity.editing import add, edit
from upright.records.identity.models import ApprovalException, Person, Role, Unit
from upright.records.identity.power import DeniedError, powers_of
from upright.records.trail.door import refresh, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import steps

WANTED = {
    "ai-policy",
    "change",
    "competence",
    "concerns",
    "corrective-action",
    "customers",
    "data",
    "documents",
    "impact",
    "incidents",
    "internal-audit",
    "life-cycle",
    "management-review",
    "responsible-use",
    "risk",
    "suppliers",
}


def test_every_template_is_real_traced_to_clauses_and_says_what_an_auditor_asks() -> None:
    requirements, kinds = catalogue().requirements, dict(document_kinds())
    assert set(procedures()) == WANTED
    for name, one in procedures().items():
        assert 230 <= len(one.text.split()) <= 900, name
        assert one.kind in kinds, name
        assert one.clauses
        assert all(f"iso42001:{clause}" in requirements for clause in one.clauses), (name, one.clauses)
        assert len(one.questions) >= 5
        assert all(question.strip().endswith((".", "?")) for question in one.questions), name
        asked = {gap.strip("{}") for gap in unfilled(one.text) if gap.startswith("{{")}
        assert asked, name
        assert asked <= set(PLACEHOLDERS), (name, asked - set(PLACEHOLDERS))
        assert not re.search(r"(?i)lorem|todo|tbd|\bshall\b", one.text), name
    covered = {clause for one in procedures().values() for clause in one.clauses}
    assert {"5.2", "6.1.2", "6.1.4", "7.2", "7.5.3", "9.2.2", "9.3.1", "10.2", "A.8.4", "A.10.3"} <= covered
    for name in kinds:
        found = template(name)
        if name in {"procedure", "instruction", "external"}:
            assert found is None
        else:
            assert found is not None
            assert unfilled(found.text), name


SPEAKS = {
    # what a clause that a template names wants of it besides its main matter
    ("risk", "6.1.1"): ("opportunit", "Chance"),
    ("risk", "6.1.3"): ("the risk owner approves it", "gibt ihn frei"),
    ("incidents", "A.8.3"): ("People outside report harm", "Menschen außerhalb melden Schaden"),
    ("documents", "7.5.3"): ("disposed of", "entsorgt"),
    ("management-review", "9.3.3"): ("an improvement or a change plan", "einer Verbesserung oder einem Änderungsplan"),
}


@pytest.mark.parametrize(("name", "clause"), SPEAKS)
def test_a_template_speaks_of_what_each_clause_that_it_names_wants(name: str, clause: str) -> None:
    for language, words in zip(languages(), SPEAKS[name, clause], strict=True):
        found = procedures(language)[name]
        assert clause in found.clauses
        assert words in found.text
        assert len(found.questions) >= 5


def shape_of(text: str) -> tuple[object, ...]:
    """What a text keeps in another language: its parts, lines by their sort, and gaps line by line."""
    lines = [one for one in text.splitlines() if one.strip()]
    sorts = [re.match(r"#+ |- |\d+\. |\| ?-*|", one)[0] for one in lines]  # type: ignore[index]
    return sorts, [(sorted(re.findall(r"\{\{.+?\}\}", one)), one.count("[["), one.count("]]")) for one in lines]


def test_each_language_has_the_same_templates_with_the_same_parts_clauses_and_gaps_in_other_words() -> None:
    assert languages() == ("en", "de")
    assert procedures("fr") == procedures()
    assert shape_of("# A\n\nBy {{x}} in [[days]]") != shape_of("# A\n\nBy {{y}} in [[days]]")
    german = procedures("de")
    assert german.keys() == procedures().keys()
    for name, one in procedures().items():
        other = german[name]
        assert (other.kind, other.clauses, other.language) == (one.kind, one.clauses, "de")
        assert shape_of(other.text) == shape_of(one.text), name
        assert len(other.questions) == len(one.questions), name
        assert all(question.strip().endswith((".", "?")) for question in other.questions), name
        assert other.title != one.title
        same = set(re.split(r"[.\n]", one.text)) & set(re.split(r"[.\n]", other.text))
        assert not [line for line in same if len(re.findall(r"\w{2,}", line)) > 3], name
        assert not re.search(r"\b(the|and|with|which)\b", other.text), name


def test_a_template_is_filled_from_records_and_gaps_refuse_until_they_are_filled(meridian: Organisation) -> None:
    lead = actor_of(meridian.lead)
    draft = Document(title="Risk", subtype="risk-method", unit=meridian.root, owner=meridian.owner, review_by=day(90))
    add(draft, actor=lead)
    with pytest.raises(RefusedError, match="no template"):
        take_template(draft, template="poem", actor=lead)
    with pytest.raises(RefusedError, match="written in 'fr'; they are in en, de"):
        take_template(draft, template="risk", language="fr", actor=lead)
    with pytest.raises(RefusedError, match="of kind data-management-process"):
        take_template(draft, template="data", actor=lead)
    with pytest.raises(DeniedError):
        take_template(draft, template="risk", actor=actor_of(meridian.owner))
    take_template(draft, template="risk", actor=lead)
    assert "Meridian" in draft.text
    assert "Ada Lead" in draft.text
    assert "{{systems}}" in draft.text
    assert draft.template == "risk"
    with pytest.raises(RefusedError, match="has a text already"):
        take_template(draft, template="risk", actor=lead)
    add(meridian.system(), actor=lead)
    fill(draft, actor=lead)
    assert "Mortgage lending" in draft.text
    with pytest.raises(RefusedError, match="answer no placeholder"):
        fill(draft, actor=lead)
    with pytest.raises(RefusedError, match="risk_criteria"):
        submit(draft, actor=lead)
    draft.text = re.sub(r"\{\{[a-z_]+\}\}|\[\[[^]]*\]\]", "filled by hand", draft.text)
    assert submit(edit(draft, actor=lead), actor=lead).state == "in-review"
    assert values_for(meridian.lending)["organisation"] == "Meridian"


def person(name: str, unit: Unit, *roles: Role) -> Person:
    made = write(Person(name=name, unit=unit), actor=SETUP, action="identity.person.added")
    for role in roles:
        grant(made, role, unit)
    return made


def entity(name: str, above: Unit, country: str) -> Unit:
    unit = Unit(name=name, kind="legal-entity", parent=above, jurisdictions=[country])
    return write(unit, actor=SETUP, action="identity.unit.added")


def test_three_entities_inherit_record_deviations_and_do_not_read_across(meridian: Organisation) -> None:
    lead = actor_of(meridian.lead)
    bank, cards, leasing = (
        entity(name, meridian.root, country)
        for name, country in (("Meridian Bank", "DE"), ("Meridian Cards", "FR"), ("Meridian Leasing", "NL"))
    )
    tessa = person("Tessa", meridian.root, Role.AIMS_MANAGER)
    bank_lead, bank_owner = person("Bea", bank, Role.AIMS_MANAGER), person("Bo", bank, Role.SYSTEM_OWNER)
    cards_lead = person("Cem", cards, Role.AIMS_MANAGER)
    policy = add(EXAMPLES["document"](meridian, {}), actor=lead)
    assert isinstance(policy, Document)
    with pytest.raises(RefusedError, match="is draft"):
        issue(policy, unit=bank, owner=bank_owner, actor=lead)
    approve(submit(policy, actor=lead), actor=actor_of(tessa))
    own = {}
    for unit, owner in ((bank, bank_owner), (cards, cards_lead), (leasing, cards_lead)):
        issue(policy, unit=unit, owner=owner, actor=lead)
        own[unit.name] = Document.objects.get(inherits=policy, unit=unit)
    with pytest.raises(RefusedError, match="has this already"):
        issue(policy, unit=bank, owner=bank_owner, actor=lead)
    with pytest.raises(RefusedError, match="does not lie below"):
        issue(policy, unit=meridian.root, owner=bank_owner, actor=lead)

    same, other = own["Meridian Bank"], own["Meridian Cards"]
    bea = actor_of(bank_lead)
    submit(same, actor=actor_of(bank_owner))
    approve(same, actor=bea)
    other.text += "\nIn France, applicants hear of it in French."
    other.review_by = day(80)
    edit(other, actor=actor_of(cards_lead))
    with pytest.raises(RefusedError, match="says otherwise than"):
        submit(other, actor=actor_of(cards_lead))
    other.deviations = "Language, by French consumer law."
    assert submit(edit(other, actor=actor_of(cards_lead)), actor=actor_of(cards_lead)).state == "in-review"

    from upright.desk.visible import visible

    seen = {str(one.unit) for one in visible(Document, powers_of(bea)).select_related("unit")}  # type: ignore[attr-defined]
    assert seen == {"Meridian", "Meridian Bank"}  # what the group lays down, never another entity's
    for foreign in (other, policy):
        with pytest.raises(DeniedError):
            edit(refresh(foreign), actor=bea)
    with pytest.raises(DeniedError):
        acknowledge(other, actor=bea)
    assert acknowledge(policy, actor=bea).ref
    grant(bank_lead, Role.MEMBER, cards)
    seen = {str(one.unit) for one in visible(Document, powers_of(bea)).select_related("unit")}  # type: ignore[attr-defined]
    assert seen == {"Meridian", "Meridian Bank", "Meridian Cards"}

    revise(policy, actor=lead, reason="New law.")
    policy.text = "We now …"
    approve(submit(edit(policy, actor=lead), actor=lead), actor=actor_of(tessa))
    issue(policy, unit=bank, owner=bank_owner, actor=lead)
    newest = Document.objects.filter(inherits=policy, unit=bank).order_by("-ref").first()
    assert newest is not None
    assert newest.supersedes == same
    with pytest.raises(RefusedError, match="still works on"):
        issue(policy, unit=cards, owner=cards_lead, actor=lead)


def test_a_firm_with_one_approver_approves_by_an_exception_that_shows_or_through_an_outsider(
    meridian: Organisation,
) -> None:
    lead = actor_of(meridian.lead)
    own = Document(title="P", subtype="procedure", text="x", unit=meridian.root, owner=meridian.lead, review_by=day(9))
    submit(add(own, actor=lead), actor=lead)
    with pytest.raises(RefusedError, match="nobody else can"):
        approve(own, actor=lead)
    today = day(0)
    alone = ApprovalException(person=meridian.lead, unit=meridian.root, starts=today, ends=day(30))
    write(alone, actor=SETUP, action="identity.exception.added")
    approve(own, actor=lead)
    assert f"Approved alone, under {alone.ref}." in steps(own.ref)[-1].reason
    second = Document(
        title="Q", subtype="procedure", text="x", unit=meridian.root, owner=meridian.lead, review_by=day(9)
    )
    submit(add(second, actor=lead), actor=lead)
    outsider = person("Outside counsel", meridian.root, Role.AIMS_MANAGER)
    with pytest.raises(RefusedError, match="somebody else approves it"):
        approve(second, actor=lead)
    assert approve(second, actor=actor_of(outsider)).approved_by == outsider.ref
    with pytest.raises(ValidationError):
        add(Document(title="R", subtype="poem", unit=meridian.root, owner=meridian.lead), actor=lead)
