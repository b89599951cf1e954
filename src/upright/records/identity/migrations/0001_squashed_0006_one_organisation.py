"""All tables of identity at once, for a database that has none of them yet."""

from django.db import migrations

from upright.records.trail.at_once import TablesAtOnce


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    replaces = [
        ("identity", "0001_initial"),
        ("identity", "0002_account_sessions_and_cache"),
        ("identity", "0003_power"),
        ("identity", "0004_authenticators"),
        ("identity", "0005_api_tokens"),
        ("identity", "0006_one_organisation"),
    ]

    operations = [TablesAtOnce(replaces)]
