"""An address alone is enough behind a proxy, and a server that would not be safe does not start."""

from pathlib import Path
from typing import Any

import pytest

from upright.kernel import InputError
from upright.site.address import FixedAddress, address, address_settings
from upright.site.environment import keep_secret_key, number
from upright.site.safety import demand_safe

STRONG = "k" * 8 + "0123456789abcdefghijklmnopqrstuvwxyz"


def seen(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    names = ("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "PATH_INFO")
    return ["|".join(str(environ.get(name)) for name in names).encode()]


def ask(url: str, host: str, path: str) -> tuple[str, str]:
    found = address({"UPRIGHT_URL": url})
    assert found is not None
    status: list[str] = []
    environ = {"HTTP_HOST": host, "PATH_INFO": path, "wsgi.url_scheme": "http", "SCRIPT_NAME": "/evil"}
    body = FixedAddress(seen, found)(environ, lambda code, _headers: status.append(code))
    return status[0], b"".join(body).decode()


@pytest.mark.parametrize("host", ["aims.example", "AIMS.example:8443", "127.0.0.1:9000", "localhost", "[::1]:9000"])
@pytest.mark.parametrize("path", ["/upright/risks/", "/risks/"])
def test_a_proxy_may_pass_any_host_of_this_machine_and_strip_the_prefix_or_not(host: str, path: str) -> None:
    said = ask("https://aims.example:8443/upright/", host, path)
    assert said == ("200 OK", "https|aims.example:8443|aims.example|8443|/upright|/risks/")


def test_the_prefix_itself_is_the_first_page_and_a_longer_word_is_none() -> None:
    assert ask("https://a.example/up", "a.example", "/up")[1].endswith("|443|/up|/")
    assert ask("https://a.example/up", "a.example", "/upper/")[1].endswith("|/up|/upper/")
    assert ask("http://a.example", "a.example", "/x")[1] == "http|a.example|a.example|80||/x"


@pytest.mark.parametrize(
    "host", ["evil.example", "aims.example.evil.example", "aims.example@evil.example", "", "[::2]"]
)
def test_another_host_is_refused_before_anything_else(host: str) -> None:
    status, body = ask("https://aims.example", host, "/account/login/")
    assert status.startswith("400")
    assert "UP-SITE-07" in body
    assert "evil" not in body


@pytest.mark.parametrize(
    "url",
    [
        "aims.example",
        "ftp://aims.example",
        "https://",
        "https://a.example/?x=1",
        "https://me:secret@a.example",
        "https://a.example:port",
        "https://a.example/account",
        "https://a.example//x",
        "https://[::1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="UPRIGHT_URL") as refused:
        address({"UPRIGHT_URL": url})
    assert refused.value.code == "UP-SITE-06"


def test_cookies_stay_below_the_prefix_and_on_tls() -> None:
    given = address_settings(address({"UPRIGHT_URL": "https://a.example/up"}))
    assert given["SESSION_COOKIE_SECURE"]
    assert given["CSRF_COOKIE_SECURE"]
    assert given["SESSION_COOKIE_PATH"] == "/up/"
    assert given["CSRF_TRUSTED_ORIGINS"] == ["https://a.example"]
    local = address_settings(address({"UPRIGHT_URL": "http://localhost:8000"}))
    assert not local["SESSION_COOKIE_SECURE"]
    assert (local["FORCE_SCRIPT_NAME"], local["SECURE_HSTS_SECONDS"]) == (None, 0)
    assert address_settings(None)["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]


SAFE = {"UPRIGHT_SECRET_KEY": STRONG, "UPRIGHT_URL": "https://aims.example"}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"UPRIGHT_DEBUG": "yes"}, "UP-SITE-08"),
        ({"UPRIGHT_SECRET_KEY": ""}, "UP-SITE-09"),
        ({"UPRIGHT_SECRET_KEY": "short"}, "UP-SITE-09"),
        ({"UPRIGHT_SECRET_KEY": f"django-insecure-{STRONG}"}, "UP-SITE-09"),
        ({"UPRIGHT_SECRET_KEY": f"changeme{STRONG}"}, "UP-SITE-09"),
        ({"UPRIGHT_URL": "http://aims.example"}, "UP-SITE-10"),
    ],
)
def test_what_is_unsafe_does_not_start_outside_the_demo(wrong: dict[str, str], code: str, tmp_path: Path) -> None:
    given = SAFE | {"UPRIGHT_HOME": str(tmp_path)} | wrong
    with pytest.raises(InputError) as refused:
        demand_safe(given)
    assert refused.value.code == code
    assert STRONG not in refused.value.message
    demand_safe(given | {"UPRIGHT_DEMO": "yes"})


def test_what_is_safe_starts_and_the_secret_may_be_the_one_that_was_kept(tmp_path: Path) -> None:
    demand_safe(SAFE)
    demand_safe(SAFE | {"UPRIGHT_URL": ""})
    demand_safe(SAFE | {"UPRIGHT_URL": "http://localhost:8000"})
    keep_secret_key(str(tmp_path))
    demand_safe({"UPRIGHT_HOME": str(tmp_path), "UPRIGHT_URL": "https://aims.example"})
    assert [number({"N": given}, "N") for given in ("", " 2 ")] == [0, 2]
    with pytest.raises(InputError, match="expected a number"):
        number({"N": "-1"}, "N")
