"""All tables of work at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = [("identity", "0006_one_organisation"), ("inventory", "0004_stage_by_verb")]

    replaces = [("work", "0001_workers_and_progress"), ("work", "0002_imports"), ("work", "0003_check_runs")]

    operations = [TablesAtOnce(replaces)]
