"""A registered system speaks as evidence by its own entries; a new purpose is a new system to what was decided."""

from records.organisation import Organisation, actor_of
from upright.posture import evaluate
from upright.records.assurance.judging import catalogue, facts_of, gate_of
from upright.records.identity.editing import add, edit


def test_a_system_in_the_inventory_is_one_and_its_edits_keep_it_one(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    system = add(meridian.system(), actor=ada)
    other = add(meridian.system("cards", name="Cards"), actor=ada)

    def said() -> list[tuple[str, str | None, str | None]]:
        facts = facts_of(system.ref)
        known = {one.ref: one.digest for one in facts.subjects}
        items = [one for one in facts.items if "ai-system" in one.kinds]
        return [
            (one.subject, one.record_state, "" if one.inputs[0].digest != known[one.subject] else "same")
            for one in items
        ]

    assert said() == [("system:mortgage", "approved", "same")]
    assert "ai-system" not in {one.what for one in gate_of(system.ref, "inception").missing}
    assert "business-case" in {one.what for one in gate_of(system.ref, "inception").missing}
    system.owner = meridian.lead
    edit(system, actor=ada)
    assert [same for _, _, same in said()] == ["same", "same"]
    system.purpose = "Decides alone."
    edit(system, actor=ada)
    assert [same for _, _, same in said()] == ["", "", "same"]  # what was decided before is of another purpose
    assert "ai-system" not in {one.what for one in gate_of(system.ref, "inception").missing}
    assert evaluate(facts_of("organisation:meridian"), catalogue()).verdicts
    assert other.ref == "system:cards"
