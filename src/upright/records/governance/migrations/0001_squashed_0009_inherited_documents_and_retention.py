"""All tables of governance at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [("identity", "0006_one_organisation")]

    replaces = [
        ("governance", "0001_initial"),
        ("governance", "0002_documents_are_controlled"),
        ("governance", "0003_kept_records"),
        ("governance", "0004_documents_elsewhere_and_objectives_approved"),
        ("governance", "0005_context"),
        ("governance", "0006_scope_processes_and_roles"),
        ("governance", "0007_plans"),
        ("governance", "0008_support"),
        ("governance", "0009_inherited_documents_and_retention"),
    ]

    operations = [TablesAtOnce(replaces)]
