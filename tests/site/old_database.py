"""Run by a test in a process of its own: a database as the first migrations left it, with rows, brought up to date."""

import json
import sys
from typing import Any

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

APPS = ("trail", "identity", "inventory", "collaboration", "governance", "risk", "assurance", "operations", "work")


def begin() -> None:
    """The first migration of each app, by its steps; then rows in what there is."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    firsts = [
        min(key for key in executor.loader.disk_migrations if key[0] == app and "_squashed_" not in key[1])
        for app in APPS
    ]
    state = executor.migrate(firsts)
    made: dict[str, Any] = {}

    def put(app: str, model: str, **fields: Any) -> None:
        made[model] = state.apps.get_model(app, model)(ref=f"{model.lower()}:old", version=1, **fields)
        made[model].save()

    put("identity", "Unit", name="Meridian", kind="organisation")
    put("identity", "Person", name="Olu", email="olu@meridian.example", unit=made["Unit"])
    put("inventory", "System", short_name="old", name="Old", purpose="Ranks.", unit=made["Unit"], owner=made["Person"],
        modality="tabular", stage="inception")  # fmt: skip
    put("risk", "Risk", title="Old", system=made["System"], unit=made["Unit"], owner=made["Person"], concerns="society",
        source="A cause.", consequence="A harm.", likelihood=2, impact=3)  # fmt: skip


def schema() -> dict[str, Any]:
    """Every table's columns, constraints and indexes, as the database tells them; names apart."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            rows = connection.introspection.get_table_description(cursor, table)
            columns = {row.name: [str(row.type_code), row.display_size, row.null_ok, row.default] for row in rows}
            held = connection.introspection.get_constraints(cursor, table)
            rules = sorted(str({**rule, "options": None}) for rule in held.values())
            cursor.execute("SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql LIKE '%%CHECK%%'", [table])
            checks = [sql.partition("CHECK")[2].count("CHECK") for (sql,) in cursor.fetchall()]
            found[table] = {"columns": columns, "rules": rules, "checks": checks}
    return found


def main(which: str) -> None:
    django.setup()
    if which == "old":
        begin()
    call_command("migrate", verbosity=0, interactive=False)
    from upright.records.risk.models import Risk

    old = [[one.title, one.system.name, one.owner.name, one.unit.name] for one in Risk.objects.all()]
    applied = sorted(map(list, MigrationLoader(connection).applied_migrations))
    json.dump({"schema": schema(), "rows": old, "applied": applied}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
