"""What the tables of collaboration that hold no records are to the ledger."""

from upright.records.trail.tables import Table

TABLES = {
    "collaboration_notice": Table(
        "session", "Who was told that something stands in a record; all of it is in the record, and may be told anew."
    ),
    "collaboration_wishes": Table(
        "session", "How somebody wishes to be told, for their own comfort; nobody decides by it."
    ),
    "collaboration_digest": Table("session", "That a day's e-mail was begun, so that it is not sent twice."),
    "collaboration_reminded": Table("session", "Days on which reminders were made; made again, nothing is told twice."),
}
