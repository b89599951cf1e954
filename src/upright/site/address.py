"""Where people reach this server: ``UPRIGHT_URL`` alone says it, whatever stands in front and whatever it sends along.

A request's own Host header is only held against that address, and never copied into a link: nobody can have a mail
sent whose link leads elsewhere.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from upright.kernel import InputError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_OURS = frozenset({"/account", "/api", "/static"})
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Address:
    """A server's address, taken apart. ``prefix`` is empty, or a path such as ``/upright``."""

    scheme: str
    host: str
    port: int | None
    prefix: str

    @property
    def netloc(self) -> str:
        """Host, and the port where it is not the scheme's own."""
        usual = {"http": 80, "https": 443}[self.scheme]
        return self.host if self.port in {None, usual} else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """As a browser writes it."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in LOOPBACK

    @property
    def hosts(self) -> list[str]:
        """What a Host header may say: the address, or this machine where a proxy says that."""
        return [self.host, *(one for one in LOOPBACK if one != self.host)]


def address(environment: Mapping[str, str]) -> Address | None:
    """``UPRIGHT_URL``; None where it is not given.

    Raises:
        InputError: it is no address of a server.
    """
    given = environment.get("UPRIGHT_URL", "").strip()
    if not given:
        return None
    try:
        parts = urlsplit(given)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    prefix = parts.path.rstrip("/") if host else ""
    is_whole = host and parts.scheme in {"http", "https"} and not (parts.query or parts.fragment or parts.username)
    if not host or not is_whole or prefix in _OURS or "//" in prefix:
        raise InputError(
            f"UPRIGHT_URL is {given!r}; expected where people open it, such as https://aims.example or "
            f"https://intra.example/upright (not below {', '.join(sorted(_OURS))}).",
            code="UP-SITE-06",
        )
    return Address(parts.scheme, f"[{host}]" if ":" in host else host, port, prefix)


def address_settings(found: Address | None) -> dict[str, Any]:
    """Django's settings for an address."""
    if found is None:
        return {"ALLOWED_HOSTS": list(LOOPBACK)}
    is_tls = found.scheme == "https"
    return {
        "ALLOWED_HOSTS": found.hosts,
        "CSRF_TRUSTED_ORIGINS": [found.origin],
        "FORCE_SCRIPT_NAME": found.prefix or None,
        "SESSION_COOKIE_PATH": f"{found.prefix}/",
        "CSRF_COOKIE_PATH": f"{found.prefix}/",
        "SESSION_COOKIE_SECURE": is_tls,
        "CSRF_COOKIE_SECURE": is_tls,
        "SECURE_HSTS_SECONDS": 31_536_000 if is_tls else 0,
    }


class FixedAddress:
    """Answers every request as one to the address; a Host header that is neither it nor this machine is refused."""

    def __init__(self, application: Application, found: Address) -> None:
        self._application, self._address = application, found
        self._hosts = {host.lower() for host in found.hosts}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """As WSGI calls it."""
        said = str(environ.get("HTTP_HOST", self._address.host)).lower()
        host = said if said.endswith("]") else said.rpartition(":")[0] or said
        if host not in self._hosts:
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"This server is not the one that was asked for (Host). [UP-SITE-07]\n"]
        path, prefix = str(environ.get("PATH_INFO", "/")), self._address.prefix
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :]
        port = self._address.port or {"http": 80, "https": 443}[self._address.scheme]
        fixed = {
            "HTTP_HOST": self._address.netloc,
            "SERVER_NAME": self._address.host,
            "SERVER_PORT": str(port),
            "wsgi.url_scheme": self._address.scheme,
            "SCRIPT_NAME": prefix,
            "PATH_INFO": path or "/",
        }
        return self._application({**environ, **fixed}, start_response)
