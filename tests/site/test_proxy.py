"""Behind real nginx with TLS, served by granian: another port, and below a path, by ``UPRIGHT_URL`` alone."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.message import Message
from hashlib import sha256
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from playwright.sync_api import sync_playwright

from web.browser import CHROMIUM, NEEDS, PATIENCE

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx (on Debian: apt-get install nginx-light)")
PASSWORD = "correct horse battery"
MAKE = f"""
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from upright.records.identity.beginning import Newcomer, bootstrap
from upright.records.trail.server_log import begin
from upright.site.environment import keep_secret_key
from django.conf import settings
begin("meridian")
ada = Newcomer("Ada", "ada@m.example", {PASSWORD!r})
bootstrap("Meridian", ada, ada)
keep_secret_key(settings.UPRIGHT_HOME)
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("proxied")
    run = subprocess.run(
        [sys.executable, "-c", MAKE], env=environment(made), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    certificate(made)
    return made


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_STATE_HOME", "PYTHONPATH") if name in os.environ}
    state = {"XDG_STATE_HOME": str(home / "state"), "DJANGO_SETTINGS_MODULE": "upright.site.settings"}
    return kept | state | {"UPRIGHT_HOME": str(home)} | more


def certificate(home: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    (home / "tls.crt").write_bytes(made.public_bytes(Encoding.PEM))
    (home / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@contextmanager
def running(command: list[str], port: int, log: Path, **how: object) -> Iterator[None]:
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, **how)  # type: ignore[call-overload]
        try:
            for _ in range(300):
                assert process.poll() is None, log.read_text()
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def served(home: Path, prefix: str, upstream_path: str) -> Iterator[tuple[str, int, Path]]:
    back, front = free_port(), free_port()
    url, log = f"https://localhost:{front}{prefix}", home / "granian.log"
    config = home / f"nginx-{front}.conf"
    config.write_text(
        f"daemon off; pid {home}/nginx-{front}.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {home}/b; proxy_temp_path {home}/p; fastcgi_temp_path {home}/f;"
        f" uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;\n"
        f"server {{ listen 127.0.0.1:{front} ssl; ssl_certificate {home}/tls.crt; ssl_certificate_key {home}/tls.key;\n"
        f"location {prefix}/ {{ proxy_pass http://127.0.0.1:{back}{upstream_path}; proxy_redirect off; }} }} }}\n"
    )
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(back)]
    with ExitStack() as stack:
        given = environment(home, UPRIGHT_URL=url)
        stack.enter_context(running([*granian, "upright.site.wsgi:application"], back, log, env=given))
        assert NGINX is not None
        stack.enter_context(running([NGINX, "-c", str(config), "-e", "stderr"], front, home / "nginx.log"))
        yield url, front, log


class Browser:
    """Keeps cookies as a browser does: by path, over TLS."""

    def __init__(self, home: Path, port: int) -> None:
        self.context = ssl.create_default_context(cafile=str(home / "tls.crt"))
        self.port, self.cookies, self.set = port, {}, []  # type: tuple[int, dict[str, str], list[str]]

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, Message, str]:
        link = HTTPSConnection("localhost", self.port, context=self.context, timeout=30)
        origin = f"https://localhost:{self.port}"
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Origin": origin}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        link.request("GET" if form is None else "POST", path, form and urlencode(form), sent | headers)
        answer = link.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.set.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        body = answer.read().decode()
        link.close()
        return answer.status, answer.headers, body


@pytest.fixture(scope="module")
def place(request: pytest.FixtureRequest, home: Path) -> Iterator[tuple[str, str, int, Path]]:
    """A server behind nginx: its prefix, address, port and log."""
    prefix, upstream_path = request.param
    with served(home, prefix, upstream_path) as (url, port, log):
        yield prefix, url, port, log


BELOW_A_PATH = ("/upright", "/")


@pytest.mark.parametrize("place", [("", ""), ("/upright", ""), BELOW_A_PATH], indirect=True)
def test_one_logs_in_behind_nginx_and_every_link_is_the_address(home: Path, place: tuple[str, str, int, Path]) -> None:
    prefix, url, port, log = place
    browser = Browser(home, port)
    status, _, page = browser.ask(f"{prefix}/account/login/")
    assert status == 200
    assert f'action="{prefix}/account/login/"' in page
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    form = {"login": "ada@m.example", "password": PASSWORD, "csrfmiddlewaretoken": token}
    status, headers, _ = browser.ask(f"{prefix}/account/login/", form, Origin="https://evil.example")
    assert status == 403
    status, headers, page = browser.ask(f"{prefix}/account/login/", form)
    assert status == 302, page + log.read_text()
    assert (status, headers["Location"]) == (302, f"{prefix}/")
    session = next(line for line in browser.set if line.startswith("sessionid="))
    assert f"Path={prefix}/" in session
    assert all(word in session for word in ("Secure", "HttpOnly", "SameSite=Lax"))
    assert browser.ask(f"{prefix}/")[0] == 200
    assert browser.ask(f"{prefix}/records/system/?column=name")[0] == 200
    assert set(browser.cookies) == {"csrftoken", "sessionid", "messages", "visits", "columns-system"}
    assert [line for line in browser.set if f"Path={prefix}/" not in line.split("; ")] == []
    assert "max-age=31536000" in headers["Strict-Transport-Security"]
    assert browser.ask(f"{prefix}/account/password/change/")[0] == 200

    other = Browser(home, port)
    status, headers, _ = other.ask(f"{prefix}/account/password/change/")
    assert urlsplit(headers["Location"]).path == f"{prefix}/account/login/"
    _, _, page = other.ask(f"{prefix}/account/password/reset/")
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    form = {"email": "ada@m.example", "csrfmiddlewaretoken": token}
    assert other.ask(f"{prefix}/account/password/reset/", form, **forged)[0] == 302
    for _ in range(100):
        mails = log.read_text()
        if "password/reset/key" in mails:
            break
        time.sleep(0.1)
    assert f"{url}/account/password/reset/key/" in mails
    assert "evil.example" not in mails


def test_a_server_that_would_not_be_safe_does_not_start_and_says_why(home: Path) -> None:
    command = [sys.executable, "-c", "from upright.site.wsgi import application"]
    given = environment(home, UPRIGHT_URL="http://aims.example")
    run = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "UP-SITE-10" in run.stderr


def fingerprint(home: Path) -> str:
    """Of the certificate's key, as Chromium takes it: it offers no passkeys where a certificate is in doubt."""
    key = x509.load_pem_x509_certificate((home / "tls.crt").read_bytes()).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return b64encode(digest).decode()


@pytest.mark.skipif(CHROMIUM is None, reason=NEEDS)
@pytest.mark.parametrize("place", [BELOW_A_PATH], indirect=True)
def test_a_passkey_is_made_and_opens_behind_tls_for_the_address_alone(
    home: Path, place: tuple[str, str, int, Path]
) -> None:
    url = place[1]
    with sync_playwright() as playwright:
        arguments = [f"--ignore-certificate-errors-spki-list={fingerprint(home)}", "--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        broken: list[str] = []
        page.on("response", lambda one: broken.append(f"{one.status} {one.url}") if one.status >= 400 else None)
        page.on("console", lambda one: broken.append(one.text) if one.type == "error" else None)
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
        options |= {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
        made = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        page.goto(f"{url}/account/login/")
        page.fill("[name=login]", "ada@m.example")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda there: "/account/login/" not in there)
        page.goto(f"{url}/account/passkeys/add/")
        if "/reauthenticate/" in page.url:
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url("**/account/passkeys/add/")
        page.fill("[name=name]", "Of the tests")
        page.check("[name=passwordless]")
        page.click("#mfa_webauthn_add")
        page.wait_for_url(lambda there: "/add/" not in there)
        (held,) = device.send("WebAuthn.getCredentials", made)["credentials"]
        assert (held["rpId"], held["isResidentCredential"]) == ("localhost", True)
        page.context.clear_cookies()
        page.goto(f"{url}/account/login/")
        page.click("#passkey_login")
        page.wait_for_url(lambda there: "/account/login/" not in there)
        assert page.url == f"{url}/"
        assert broken == []
        browser.close()
