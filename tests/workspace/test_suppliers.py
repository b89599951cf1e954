"""A.10.3 in a workspace: every declared supplier is assessed, and another supplier opens what was assessed before."""

import pytest

from upright.workspace import AttestError
from workspace.test_second_person import Office, office  # noqa: F401 - a fixture

BUREAU = {"supplier": "Credit Bureau", "delivers": "Histories", "result": "Accepted", "next_due": "2099-09-01"}
HOST = {**BUREAU, "supplier": "supplier:host", "delivers": "Hosting"}


def said(*rows: dict[str, str]) -> dict[str, object]:
    return {"rows": list(rows), "assessed_on": "2026-09-01"}


def cell(one: Office) -> str:
    _, _, posture = one.workspace.posture()
    found = [v for v in posture.verdicts if v.requirement == "iso42001:A.10.3" and v.scope_ref == "system:lending"]
    assert len(found) == 1
    return found[0].status


def test_every_declared_supplier_is_assessed_and_a_new_one_opens_what_was_said(office: Office) -> None:  # noqa: F811
    assert cell(office) == "unknown"
    with pytest.raises(AttestError, match=r"says nothing of supplier:bureau.*supplier: bureau") as why:
        office.attest("supplier-assessment", "system", said(HOST), 0)
    assert why.value.code == "UP-ATT-08"
    for name in ("bureau", "supplier:bureau"):
        office.attest("supplier-assessment", "system", said({**BUREAU, "supplier": name}), 0)
    assessed = cell(office)
    assert assessed in {"met", "partly"}

    office.change("suppliers:\n", "suppliers:\n  - {id: host, name: Example Cloud, provides: system:lending}\n")
    office.assess()
    assert cell(office) == "stale"
    with pytest.raises(AttestError, match="says nothing of supplier:host"):
        office.attest("supplier-assessment", "system", said({**BUREAU, "supplier": "bureau"}), 0)
    office.attest("supplier-assessment", "system", said({**BUREAU, "supplier": "bureau"}, HOST), 0)
    assert cell(office) == assessed

    office.change("suppliers:\n  - {id: host, name: Example Cloud, provides: system:lending}\n", "suppliers:\n")
    office.assess()
    assert cell(office) == "stale"
