"""All tables of risk at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [("identity", "0006_one_organisation"), ("inventory", "0003_parts")]

    replaces = [
        ("risk", "0001_initial"),
        ("risk", "0002_applicability_threats"),
        ("risk", "0003_impact_controls"),
        ("risk", "0004_criteria_ratings"),
        ("risk", "0005_rows_waivers"),
        ("risk", "0006_links_constraints"),
    ]

    operations = [TablesAtOnce(replaces)]
