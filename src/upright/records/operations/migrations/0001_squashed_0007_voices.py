"""All tables of operations at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("governance", "0003_kept_records"),
        ("identity", "0006_one_organisation"),
        ("inventory", "0004_stage_by_verb"),
    ]

    replaces = [
        ("operations", "0001_stage_changes"),
        ("operations", "0002_building_and_requests"),
        ("operations", "0003_incidents"),
        ("operations", "0004_use_and_oversight"),
        ("operations", "0005_supply"),
        ("operations", "0006_information"),
        ("operations", "0007_voices"),
    ]

    operations = [TablesAtOnce(replaces)]
