"""All tables of collaboration at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [("identity", "0006_one_organisation")]

    replaces = [
        ("collaboration", "0001_comments_attachments_tasks_and_mappings"),
        ("collaboration", "0002_notices_and_digests"),
    ]

    operations = [TablesAtOnce(replaces)]
