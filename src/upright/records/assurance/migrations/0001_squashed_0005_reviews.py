"""All tables of assurance at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [("identity", "0006_one_organisation"), ("inventory", "0003_parts")]

    replaces = [
        ("assurance", "0001_initial"),
        ("assurance", "0002_correction"),
        ("assurance", "0003_audits"),
        ("assurance", "0004_audit_findings"),
        ("assurance", "0005_reviews"),
    ]

    operations = [TablesAtOnce(replaces)]
