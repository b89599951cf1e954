"""What an export holds comes back by import, at once or when its days are over; a file may tell history (0290)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from desk.test_exchange import KEYED_ANEW, PERSON, REFUSED_DRY, csv_of, sheet, take, wipe
from records.examples import EXAMPLES
from records.organisation import Organisation, actor_of, begin_organisation
from upright.desk.description import RecordType, record_type
from upright.desk.exporting import cells
from upright.kernel import InputError, system_clock
from upright.records.collaboration.due import Due, Source, due_of, listed
from upright.records.identity.editing import add
from upright.records.identity.models import Role
from upright.records.identity.power import Powers
from upright.records.risk.models import Risk
from upright.records.trail.days import days_over
from upright.records.trail.history import steps
from upright.records.trail.record import Record
from upright.records.trail.server_log import clock_set, now
from upright.records.trail.verify import verify


@pytest.mark.parametrize("later", [0, 1000], ids=["at-once", "when-days-are-over"])
def test_every_type_that_is_imported_comes_back_the_same_from_an_export(
    meridian: Organisation, tmp_path: Path, settings: Any, later: int
) -> None:
    made: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        made[name] = add(build(meridian, made), actor=actor_of(meridian.lead), reason="An example.")
    kinds = [PERSON, *(record_type(name) for name in EXAMPLES)]
    before = {}
    for described in kinds:
        rows = described.model._base_manager.order_by("pk")
        before[described.name] = [cells(described, row) for row in rows]
        sheet(tmp_path, csv_of(described)).rename(tmp_path / described.name)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    settings.UPRIGHT_HOME = str(fresh)
    wipe()
    with clock_set(lambda: system_clock() + timedelta(days=later)):
        wrong = came_back_otherwise(kinds, before, tmp_path, history=bool(later))
    assert not wrong, "\n".join(map(str, wrong.items()))
    assert verify().outcome == "intact"


def came_back_otherwise(
    kinds: list[RecordType], before: dict[str, list[list[str]]], folder: Path, *, history: bool
) -> dict[str, str]:
    """What an import into a new organisation refuses or changes of what was exported, by type."""
    after = begin_organisation()
    everything = frozenset({after.root.id, after.lending.id})
    powers = Powers(actor_of(after.lead), is_active=True, held=dict.fromkeys(Role, everything))
    wrong = {}
    for described in kinds:
        if described.name in KEYED_ANEW and history:
            continue  # found by their references, which hold the year
        path, how = folder / described.name, {"powers": powers, "history": history}
        if described.name in REFUSED_DRY:
            tried = take(after, path, described, dry=True, **how)
            if tried.added or any(REFUSED_DRY[described.name] not in one.says for one in tried.problems):
                wrong[described.name] = str(tried)
            continue
        try:
            outcome = take(after, path, described, **how)
        except InputError as why:
            wrong[described.name] = why.message
            continue
        own = 1 if described.name in KEYED_ANEW else 0
        found = {one[own]: one for one in (cells(described, row) for row in described.model._base_manager.all())}
        for row in before[described.name]:
            if outcome.problems or found.get(row[own], [])[own:] != row[own:]:
                wrong[described.name] = str((outcome.problems, row, found.get(row[own])))
    return wrong


RISK_HEAD = "title,unit,owner,concerns,source,consequence,likelihood,impact,review_by"


def risks(meridian: Organisation, tmp_path: Path, *days: str) -> Path:
    rows = [
        f"R{number},{meridian.lending.ref},{meridian.owner.ref},individuals,Old data,Denied,3,3,{day}"
        for number, day in enumerate(days)
    ]
    return sheet(tmp_path, "\n".join([RISK_HEAD, *rows]))


def test_a_day_that_is_over_is_refused_by_row_and_clause_unless_the_file_tells_history(
    meridian: Organisation, tmp_path: Path
) -> None:
    path, described = risks(meridian, tmp_path, "2020-01-01", "2999-01-01", ""), record_type("risk")
    tried = take(meridian, path, described, dry=True)
    assert [(one.row, one.column, one.found) for one in tried.problems] == [(2, "review_by", "2020-01-01")]
    assert "(8.2)" in tried.problems[0].says
    assert "UP-FIELD-08" in tried.problems[0].says
    with pytest.raises(InputError, match="UP-FIELD-08"):
        take(meridian, path, described)
    assert Risk.objects.count() == 0
    assert take(meridian, path, described, dry=True, history=True).problems == []
    assert take(meridian, path, described, history=True).added == 3
    first, second, _ = Risk.objects.order_by("title")
    assert (days_over(first), days_over(second)) == (("review_by",), ())
    assert [(one.via, one.reason) for one in steps(first.ref)] == [
        ("import", "Taken over. Told as it was, overdue by review_by.")
    ]
    assert [one.reason for one in steps(second.ref)] == ["Taken over."]
    assert Due("risk", first.ref, "review_by", date(2020, 1, 1), meridian.owner.ref) in [
        due_of(row) for row in listed([Source("risk", Risk.objects.all(), ("review_by",))], now().date())
    ]


def test_a_file_that_tells_history_moves_no_record_that_is_here_back(meridian: Organisation, tmp_path: Path) -> None:
    described = record_type("risk")
    take(meridian, risks(meridian, tmp_path, "2999-01-01", "2020-01-01"), described, history=True)
    first, second = Risk.objects.order_by("title")
    back = sheet(tmp_path, f"ref,title,review_by\n{first.ref},R0,2020-01-01\n{second.ref},R1 again,2020-01-01\n")
    tried = take(meridian, back, described, dry=True, history=True)
    assert [(one.row, one.column) for one in tried.problems] == [(2, "review_by")]
    assert take(meridian, back, described, history=True, skip=True).changed == 1
    assert [one.review_by for one in Risk.objects.order_by("title")] == [date(2999, 1, 1), date(2020, 1, 1)]
    assert [one.reason for one in steps(second.ref)][1:] == ["Taken over."]
