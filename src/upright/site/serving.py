"""``upright serve``: makes the database ready, then runs the WSGI server over it."""

import os
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import django

from upright.kernel import InputError
from upright.site.copies import RESTORING
from upright.site.supervising import kept_running

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
SETTINGS = "upright.site.settings"


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What ``prepare`` found or made. ``has_people``: whether anybody can log in yet."""

    home: Path
    origin: str
    is_new: bool
    has_people: bool


def load() -> None:
    """Loads the settings and the apps; its secret is made before, so that all workers share it."""
    from upright.site.environment import keep_secret_key, upright_home

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    os.environ["UPRIGHT_COLLECTS"] = "yes"  # static files are gathered before a page is served: see the settings
    keep_secret_key(upright_home(os.environ))
    django.setup()


def prepare(organisation: str | None, *, tell: Callable[[str], None]) -> Ready:
    """Migrates the database, gathers static files, and begins the log where there is none.

    Args:
        organisation: id of the organisation, such as ``meridian``; needed once, for a new database.
        tell: hears what is being done.

    Raises:
        InputError: a new database and no organisation, one that is not its own, or a database that is gone.
    """
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from upright.records.identity.models import Account
    from upright.records.trail.server_log import begin, has_log, server_log

    home = Path(settings.UPRIGHT_HOME)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _demand_database(home)
    tables = connection.introspection.table_names()
    if RESTORING in tables:
        raise InputError(
            "A restore into this database was broken off before the copy was verified, so it is not served. Run "
            "'upright restore' again.",
            code="UP-BACKUP-10",
        )
    if not tables:
        _demand_name(organisation)  # before anything is made for whoever has to name it again
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        tell("Making the tables")
        call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    is_new = not has_log()
    if is_new:
        begin(_demand_name(organisation))
        tell(f"Began the ledger of {organisation}")
    log = server_log()
    checkpoint = log.demand_sound()
    if organisation is not None and checkpoint.origin.partition("/")[0] != organisation:
        raise InputError(
            f"This database is of {checkpoint.origin.partition('/')[0]}, not of {organisation}; start without "
            "--organisation, or with another UPRIGHT_HOME.",
            code="UP-SITE-03",
        )
    return Ready(home=home, origin=checkpoint.origin, is_new=is_new, has_people=Account.objects.exists())


def demand_tables() -> None:
    """Returns nothing if the database has the tables of this version, as whatever reads all of them needs.

    Raises:
        InputError: it has those of an older one.
    """
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        step, _ = missing[0]
        raise InputError(
            f"The database has the tables of an older version ({len(missing)} migrations are missing, the first is "
            f"{step.app_label}.{step.name}). Bring it up to date by 'upright serve --prepare-only' or 'upright serve'; "
            "'upright backup' works before.",
            code="UP-SITE-14",
        )


def first_people(name: str, administrator: str, manager: str) -> dict[str, str]:
    """Makes the organisation's first people where there is nobody; gives each one's address and first password.

    The passwords are random and kept nowhere: whoever starts the server hands them on, and they are changed at once.

    Raises:
        RefusedError: there are people already. InputError: not an e-mail address.
    """
    from secrets import token_urlsafe

    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    from upright.records.identity.beginning import Newcomer, bootstrap

    passwords = {}
    for address in (administrator, manager):
        try:
            validate_email(address)
        except ValidationError:
            raise InputError(
                f"{address!r} is no e-mail address; expected one such as ada@example.org.", code="UP-SITE-11"
            ) from None
        passwords[address] = token_urlsafe(15)
    people = [Newcomer(one.partition("@")[0], one, passwords[one]) for one in (administrator, manager)]
    bootstrap(name, *people)
    return passwords


def demand_free(host: str, port: int) -> None:
    """Returns nothing if a server may listen there; asked before anything is said or made.

    Raises:
        InputError: the port is taken, or not one.
    """
    import socket

    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as why:
        raise InputError(
            f"Nothing can be served at {host}:{port}: {getattr(why, 'strerror', None) or why}. Choose another with "
            "--host or --port.",
            code="UP-SITE-04",
        ) from None


def serve(host: str, port: int, workers: int, *, with_worker: bool = True) -> None:
    """Runs granian until it is told to stop, and a worker beside it.

    Raises:
        InputError: the port was taken meanwhile.
    """
    from granian.constants import Interfaces
    from granian.server import Server

    demand_free(host, port)
    server = Server(
        "upright.site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=2,
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]  # an enum of the same text
    )
    with kept_running() if with_worker else nullcontext():
        server.serve()


def work(*, once: bool, parent: int | None) -> int:
    """Runs a worker until it is told to stop; with ``once`` only what waits now. Gives how many tasks ended.

    Raises:
        InputError: the database was not begun or is of an older version, or the ledger's key is not at hand.
    """
    from upright.records.trail.server_log import server_log
    from upright.site.worker import Worker

    demand_tables()
    server_log()
    worker = Worker(parent)
    if once:
        worker.once()
    else:
        worker.run()
    return worker.ended


def manage(arguments: list[str]) -> None:
    """``upright manage``: Django's own commands, for those who run the server."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["upright manage", *arguments])


def _demand_database(home: Path) -> None:
    from django.conf import settings

    from upright.site.environment import has_began

    given = settings.DATABASES["default"]
    if given["ENGINE"].endswith("sqlite3") and has_began(str(home)) and not Path(given["NAME"]).is_file():
        raise InputError(
            f"The database {given['NAME']} is gone, though the key of its ledger is in {home / 'keys'}. Bring the file "
            "back, or restore a backup; a new one needs another UPRIGHT_HOME.",
            code="UP-SITE-13",
        )


def _demand_name(organisation: str | None) -> str:
    if organisation is None:
        raise InputError(
            "This database is new: say whose it is with --organisation, a short name such as meridian. It becomes the "
            "origin of the ledger and stays.",
            code="UP-SITE-03",
        )
    if not _NAME.fullmatch(organisation):
        raise InputError(
            f"{organisation!r} cannot name an organisation; expected letters a-z, digits, '.', '_' and '-'.",
            code="UP-SITE-03",
        )
    return organisation
