"""What the tables of the worker are to the ledger."""

from upright.records.trail.tables import Table

TABLES = {
    "work_workerbeat": Table("session", "Which workers live; each says so anew every few seconds."),
    "work_progress": Table(
        "session", "How far a task is and what it found; who asked for it and what it wrote are in the ledger."
    ),
    "django_tasks_database_dbtaskresult": Table(
        "session", "The queue: references of what is to be done. What it is, and who asked for it, is in the ledger."
    ),
}
