"""What the environment says, read into settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from upright.kernel import InputError

DEMO_MAILS = "mails"
"""The folder of the demo's home that its e-mails go to."""
_YES, _NO = frozenset({"1", "yes", "true", "on"}), frozenset({"", "0", "no", "false", "off"})


def upright_home(environment: Mapping[str, str]) -> str:
    """The server's folder: ``UPRIGHT_HOME``, else ``$XDG_DATA_HOME/upright``."""
    given = environment.get("UPRIGHT_HOME", "")
    if given:
        return str(Path(given).absolute())
    data = environment.get("XDG_DATA_HOME", "")
    return str((Path(data) if data else Path("~/.local/share").expanduser()) / "upright")


def flag(environment: Mapping[str, str], name: str) -> bool:
    """A switch; absent means off.

    Raises:
        InputError: neither yes nor no.
    """
    value = environment.get(name, "").strip().lower()
    if value not in _YES | _NO:
        raise InputError(f"{name} is {value!r}; expected yes or no.", code="UP-SITE-01")
    return value in _YES


def folders(environment: Mapping[str, str], name: str) -> list[str]:
    """Folders, separated as in PATH; absent means none.

    Raises:
        InputError: one is no absolute path.
    """
    found = [one for one in environment.get(name, "").split(os.pathsep) if one.strip()]
    for one in found:
        if not Path(one).is_absolute():
            raise InputError(
                f"{name} names {one!r}; expected absolute folders, such as /srv/models.", code="UP-SITE-12"
            )
    return found


def number(environment: Mapping[str, str], name: str) -> int:
    """A count; absent means none.

    Raises:
        InputError: no count.
    """
    value = environment.get(name, "").strip() or "0"
    if not value.isdecimal() or not value.isascii():
        raise InputError(f"{name} is {value!r}; expected a number such as 1.", code="UP-SITE-01")
    return int(value)


def secret_key(environment: Mapping[str, str], home: str) -> str:
    """``UPRIGHT_SECRET_KEY``, else what ``keep_secret_key`` left in the home, else one for this process alone."""
    return kept_secret_key(environment, home) or os.urandom(48).hex()


def kept_secret_key(environment: Mapping[str, str], home: str) -> str:
    """The secret that all workers share; empty where there is none."""
    path = _secret_path(home)
    given = environment.get("UPRIGHT_SECRET_KEY", "")
    return given or (path.read_text(encoding="ascii") if path.is_file() else "")


def keep_secret_key(home: str) -> None:
    """Makes the secret that sessions are signed with, once, readable by its owner alone; before workers start."""
    path = _secret_path(home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.is_file():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(os.urandom(48).hex())


def _secret_path(home: str) -> Path:
    return Path(home) / "keys" / "secret.key"


def database(environment: Mapping[str, str], home: str) -> dict[str, Any]:
    """``UPRIGHT_DATABASE_URL``, else SQLite at home.

    The forms are ``postgresql://user:password@host:port/name`` and ``sqlite:///path``.

    Raises:
        InputError: another scheme.
    """
    given = environment.get("UPRIGHT_DATABASE_URL", "")
    if not given or given.startswith("sqlite:"):
        name = given.removeprefix("sqlite:///") if given else str(Path(home) / "upright.sqlite3")
        # Once a ledger began, SQLite only opens: it would make an empty database in place of one that is gone, whose
        # journal then spoils the real one when that comes back.
        only_open = {"database": f"{Path(name).absolute().as_uri()}?mode=rw"} if has_began(home) else {}
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": {
                **only_open,
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                # Not every build of SQLite overwrites what is deleted, and what is erased has to be gone.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                "PRAGMA secure_delete=ON;",
            },
        }
    parts = urlsplit(given)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise InputError(
            f"UPRIGHT_DATABASE_URL has the scheme {parts.scheme!r}; expected postgresql:// or sqlite:///.",
            code="UP-SITE-02",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def has_began(home: str) -> bool:
    """Whether a ledger was begun with this home: then its key lies there."""
    return any((Path(home) / "keys").glob("log-*.pem"))


def mail(environment: Mapping[str, str], home: str = "") -> dict[str, Any]:
    """Django's settings for mail: ``UPRIGHT_SMTP_URL``, else mails are printed where the server runs.

    In the demo they are files below ``home``: its seven people get mail at once, and who can log in stays in sight.

    The forms are ``smtp://user:password@host:587`` (STARTTLS is demanded), ``smtps://…`` and, for a relay on the
    same machine, ``smtp+plain://localhost:25``.

    Raises:
        InputError: another scheme, or no host.
    """
    sender = {"DEFAULT_FROM_EMAIL": environment.get("UPRIGHT_MAIL_FROM", "") or "upright@localhost"}
    given = environment.get("UPRIGHT_SMTP_URL", "")
    if not given and flag(environment, "UPRIGHT_DEMO"):
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {**sender, "EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": str(Path(home) / DEMO_MAILS)}
    if not given:
        return {**sender, "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(given)
    if parts.scheme not in {"smtp", "smtps", "smtp+plain"} or not parts.hostname:
        raise InputError(
            f"UPRIGHT_SMTP_URL is no mail server's address (found the scheme {parts.scheme!r}); expected "
            "smtp://user:password@host:587, smtps://… or smtp+plain://localhost:25.",
            code="UP-SITE-03",
        )
    return {
        **sender,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 587, "smtps": 465, "smtp+plain": 25}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }
