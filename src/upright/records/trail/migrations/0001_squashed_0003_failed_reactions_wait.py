"""All tables of trail at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    replaces = [("trail", "0001_initial"), ("trail", "0002_reactions"), ("trail", "0003_failed_reactions_wait")]

    operations = [TablesAtOnce(replaces)]
