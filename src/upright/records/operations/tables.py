"""What the tables of operations that hold no records are to the ledger."""

from upright.records.trail.tables import Table

TABLES = {
    "operations_waitingvoice": Table(
        "session",
        "What was said in the hour at hand, sealed: the ledger is told once it is over, and no minute.",
    ),
    "operations_outsidelink": Table(
        "session", "Digests of links that are out: without them nobody answers, and another one is made."
    ),
}
