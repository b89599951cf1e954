"""The database of a test, for other processes."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from django.db import connection


def postgres_address(name: str) -> str:
    """Another database on the server that the tests run on."""
    given = connection.settings_dict
    host = quote(str(given["OPTIONS"].get("host") or given["HOST"]), safe="")
    port = f"&port={given['PORT']}" if given["PORT"] else ""
    return f"postgresql://{quote(given['USER'])}:{quote(given['PASSWORD'])}@/{name}?host={host}{port}"


def address(folder: Path) -> str:
    """This test's database: PostgreSQL's by its name; SQLite's, which lies in memory, as a file in ``folder``."""
    if connection.vendor == "postgresql":
        return postgres_address(connection.settings_dict["NAME"])
    connection.ensure_connection()
    path = folder / "upright.sqlite3"
    copy = sqlite3.connect(path)
    connection.connection.backup(copy)
    copy.close()
    return f"sqlite:///{path}"
