"""All tables of inventory at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [("identity", "0002_account_sessions_and_cache")]

    replaces = [
        ("inventory", "0001_initial"),
        ("inventory", "0002_types"),
        ("inventory", "0003_parts"),
        ("inventory", "0004_stage_by_verb"),
    ]

    operations = [TablesAtOnce(replaces)]
