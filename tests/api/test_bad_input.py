"""What the rules of the standard refuse, by API and by spreadsheet: with code and clause, nothing written (0291)."""

from typing import Any

import pytest

from api.program import Program, code
from desk.test_exchange import sheet, take
from records.assurance.test_audits import internal, programme
from records.examples import EXAMPLES
from records.organisation import Organisation
from records.risk.settled import settled
from upright.desk.description import record_type
from upright.kernel import InputError
from upright.records.assurance.correction_actions import finish_corrective_action
from upright.records.identity.editing import add
from upright.records.identity.models import Person
from upright.records.risk import actions
from upright.records.risk.models import Treatment
from upright.records.trail.door import refresh
from upright.records.trail.record import Record
from upright.records.trail.verify import verify


def told(answer: Any, status: int, clause: str) -> str:
    """The code of a refusal that names its clause."""
    found, said = code(answer), answer.json()
    one = said["errors"][0] if said.get("errors") else {"code": found[1], "detail": said["detail"]}
    assert found[0] == status, said
    assert f"({clause})" in one["detail"], said
    return str(one["code"])


def changed(by: Program, record: Record, **fields: Any) -> Any:
    return by.patch(
        f"{type(record).ref_type}/{record.ref}", {"record": fields}, if_match=f'"{refresh(record).version}"'
    )


def test_bad_input_is_refused_by_api_with_code_and_clause(meridian: Organisation, lead: Program, issued: Any) -> None:
    here = settled(meridian)
    closed, risk = here.example("risk"), here.example("risk")
    treatment = here.example("treatment", risk=risk)
    actions.close_risk(closed, actor=here.olu, reason="Gone.")
    assert told(changed(lead, treatment, risk=closed.ref), 422, "6.1.3") == "UP-RISK-07"
    own = record_type("treatment").written
    given = {name: _plain(getattr(treatment, name)) for name in own} | {"risk": closed.ref}
    assert told(lead.post("treatment", {"record": given}), 422, "6.1.3") == "UP-RISK-07"
    first, second = (add(EXAMPLES["document"](meridian, {}), actor=here.ada) for _ in range(2))
    assert changed(lead, second, supersedes=first.ref).status_code == 200
    for circle in (first, second):
        assert told(changed(lead, first, supersedes=circle.ref), 422, "7.5.3") == "UP-CTRL-01"
    row = here.example("statement-of-applicability").rows.get(control="A.5.5")
    said = changed(lead, row, decision="excluded", reason="No need.")
    assert told(said, 422, "6.1.3") == "UP-RISK-41"
    said = changed(lead, row, decision="excluded", reason=" ", ground="risk-assessment-shows-no-need")
    assert said.status_code == 422
    audit = internal(meridian, programme(meridian), ["iso42001:A.6"], systems=[here.system.ref])
    said = lead.post(
        "auditor-assignment", {"record": {"audit": audit.ref, "auditor": meridian.owner.ref, "is_lead": True}}
    )
    assert told(said, 409, "9.2.2") == "UP-AUD-02"
    made: dict[str, Record] = {"system": here.system}
    made["nonconformity"] = add(EXAMPLES["nonconformity"](meridian, made), actor=here.ada)
    action: Any = EXAMPLES["corrective-action"](meridian, made)
    bo = Person.objects.get(ref=str(here.bo.ref))
    action.owner = bo
    add(action, actor=here.ada)
    finish_corrective_action(action, actor=here.ada, reason="Done.")
    move = f"corrective-action/{action.ref}/moves/confirm_effectiveness"
    said = issued(bo).post(move, {"reason": "It works."}, if_match=f'"{refresh(action).version}"')
    assert told(said, 409, "10.2") == "UP-CORR-08"
    assert (refresh(treatment).risk, refresh(first).supersedes, refresh(row).decision) == (risk, None, "undecided")
    assert Treatment.objects.count() == 1
    assert verify().outcome == "intact"


def _plain(value: Any) -> Any:
    return value.ref if isinstance(value, Record) else value.isoformat() if hasattr(value, "isoformat") else value


def test_bad_input_is_refused_by_spreadsheet_with_code_and_clause(meridian: Organisation, tmp_path: Any) -> None:
    here = settled(meridian)
    closed, risk = here.example("risk"), here.example("risk")
    treatment = here.example("treatment", risk=risk)
    actions.close_risk(closed, actor=here.olu, reason="Gone.")
    first, second = (add(EXAMPLES["document"](meridian, {}), actor=here.ada) for _ in range(2))
    row = here.example("statement-of-applicability").rows.get(control="A.5.5")
    new = f"{closed.ref},modify,Train them.,{meridian.owner.ref},2999-01-01"
    for kind, text, words in (
        ("treatment", f"ref,risk\n{treatment.ref},{closed.ref}\n", ("UP-RISK-07", "(6.1.3)")),
        ("treatment", f"risk,option,plan,owner,due\n{new}\n", ("UP-RISK-07", "(6.1.3)")),
        ("document", f"ref,supersedes\n{first.ref},{first.ref}\n", ("UP-CTRL-01", "(7.5.3)")),
        ("soa-row", f"ref,decision,ground,reason\n{row.ref},excluded,,No need.\n", ("UP-RISK-41", "(6.1.3)")),
        ("soa-row", f"ref,decision,ground,reason\n{row.ref},included,,\u200b\n", ("UP-RISK-42", "(6.1.3)")),
    ):
        (problem,) = take(meridian, sheet(tmp_path, text), record_type(kind), dry=True).problems
        assert all(one in problem.says for one in words), problem
    both = sheet(tmp_path, f"ref,supersedes\n{first.ref},{second.ref}\n{second.ref},{first.ref}\n")
    with pytest.raises(InputError, match=r"Row 3: .*\(7\.5\.3\)\. \[UP-CTRL-01\]"):  # each alone would be right
        take(meridian, both, record_type("document"))
    assert (refresh(first).supersedes, refresh(second).supersedes) == (None, None)
    assert verify().outcome == "intact"
