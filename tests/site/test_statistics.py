"""With many risks of one unit the database takes the index that singles out, not that of the unit."""

from django.db import connection

from records.organisation import SETUP, Organisation
from upright.records.risk.models import Risk
from upright.records.trail.door import write_many
from upright.records.trail.reactions import newest_index
from upright.site import statistics
from upright.site.worker import Worker


def test_the_worker_gathers_statistics_so_that_many_risks_of_a_unit_are_not_all_read(meridian: Organisation) -> None:
    risks = (
        Risk(
            title=f"Risk {number}", unit=meridian.lending, owner=meridian.owner, concerns="individuals",
            source="A cause.", consequence="A harm.", likelihood=2, impact=3,
        )
        for number in range(60)
    )  # fmt: skip
    write_many(risks, actor=SETUP, action="risk.risk.added")
    worker = Worker()
    worker.judge()
    assert worker.ended == 0
    assert not statistics.is_due(newest_index(), newest_index())
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT idx FROM sqlite_stat1 WHERE tbl = 'risk_risk'")
            known = {row[0] for row in cursor.fetchall()}
        assert {"risk_of_a_unit_by_title", "risk_of_a_unit_by_rating", "risk_of_an_owner_by_review"} <= known
        plan = Risk.objects.filter(unit=meridian.lending).order_by("title", "pk")[:10].explain()
        assert "risk_of_a_unit_by_title" in plan
        assert "TEMP B-TREE" not in plan
