"""Every address and every move, as nobody, stranger, reader, right person and author; what has no row here fails."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from records.identity.accounts import account, logged_in, stranger
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.api.document import described_api
from upright.desk.description import registered
from upright.kernel import Actor, InputError
from upright.records.identity import actions
from upright.records.identity.acting import NOBODY
from upright.records.identity.leaving import deactivate, reactivate
from upright.records.identity.models import ApprovalException, Delegation, Person, Role, RoleAssignment
from upright.records.identity.power import DeniedError, register, rights
from upright.records.trail.door import write
from upright.records.trail.history import entries_of
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

pytestmark = pytest.mark.usefixtures("quick_hashes")
WHO = ("nobody", "stranger", "reader", "right", "author")
REF = "system:mortgage"
LOGIN, OPEN, MINE = (302, 302, 302, 302, 302), (200, 200, 200, 200, 200), (302, 200, 200, 200, 200)
"""To the log-in page or onwards; public; everybody's own who is logged in."""
GUEST = (200, 302, 302, 302, 302)
READ = (302, 404, 200, 200, 200)

ROUTES: dict[str, tuple[str, tuple[int, ...]]] = {
    # route: an address of it, and the answers to a GET, in the order of WHO
    "": ("/", MINE),
    "inbox/": ("/inbox/", MINE),
    "inbox/wishes/": ("/inbox/wishes/", MINE),
    "due/": ("/due/", MINE),  # a stranger's page is empty
    "jump/": ("/jump/", MINE),
    "choices/<slug:name>/": ("/choices/system/", MINE),  # a stranger finds nothing
    "templates/": ("/templates/", (302, 403, 200, 200, 200)),
    "templates/<slug:name>/": ("/templates/risk/", (302, 403, 200, 200, 200)),
    "entities/": ("/entities/", (302, 403, 200, 200, 200)),
    "upkeep/": ("/upkeep/", (302, 403, 200, 200, 200)),
    "in/controls/": ("/in/controls/", MINE),  # a stranger sees no system in it
    "posture/<ref:ref>/": (f"/posture/{REF}/", READ),
    "checks/<ref:ref>/": (f"/checks/{REF}/", (302, 404, 302, 302, 302)),
    "why/<ref:ref>/<str:requirement>/": (f"/why/{REF}/iso42001:A.7.5/", READ),
    "in/organisation/worker/": ("/in/organisation/worker/", (302, 403, 403, 200, 403)),
    "in/organisation/keys/": ("/in/organisation/keys/", (302, 403, 403, 200, 403)),
    "in/controls/side-by-side/": ("/in/controls/side-by-side/", MINE),
    "start/": ("/start/", MINE),
    "components/": ("/components/", MINE),
    "in/risks/": ("/in/risks/", MINE),  # a stranger sees none
    "in/evidence/": ("/in/evidence/", MINE),  # a stranger finds nothing
    "statement/<int:entry>/": ("/statement/999999/", (302, 404, 404, 404, 404)),
    "statement/<int:entry>/statement.json": ("/statement/999999/statement.json", (302, 404, 404, 404, 404)),
    "statement/<int:entry>/proof.json": ("/statement/999999/proof.json", (302, 404, 404, 404, 404)),
    "compare/<int:newer>/<int:older>/": ("/compare/2/1/", (302, 404, 404, 404, 404)),
    "kind/<str:kind>/": ("/kind/drift/", MINE),  # what the catalogue says is no secret; statements are
    "record/<system:ref>/": (f"/record/{REF}/", READ),
    "in/risks/printed/": ("/in/risks/printed/", MINE),
    "soa/": ("/soa/", (302, 403, 302, 302, 302)),
    "soa/<ref:ref>/": (f"/soa/{REF}/", (302, 404, 404, 404, 404)),  # a system is no statement
    "soa/<ref:ref>/versions/": (f"/soa/{REF}/versions/", (302, 404, 404, 404, 404)),
    "soa/<ref:ref>/printed/": (f"/soa/{REF}/printed/", (302, 404, 404, 404, 404)),
    "in/reports/": ("/in/reports/", MINE),
    "pack/<ref:ref>/": (f"/pack/{REF}/", (302, 405, 405, 405, 405)),
    "snapshot/<ref:ref>/": (f"/snapshot/{REF}/", (302, 405, 405, 405, 405)),
    "print/<ref:ref>/": (f"/print/{REF}/", (302, 404, 404, 404, 404)),  # a system prints as nothing
    "nonconformity/<ref:ref>/<str:requirement>/": (
        f"/nonconformity/{REF}/iso42001:A.7.5/",
        (302, 405, 405, 405, 405),
    ),
    "in/<slug:place>/": ("/in/organisation/", MINE),
    "records/<slug:name>/": ("/records/system/", (302, 403, 200, 200, 200)),
    "records/<slug:name>/filter/": ("/records/system/filter/", (302, 403, 200, 200, 200)),
    "records/<slug:name>/add/": ("/records/system/add/", (302, 403, 403, 200, 200)),
    "records/<slug:name>/bulk/": ("/records/system/bulk/", (302, 403, 302, 302, 302)),
    "healthz": ("/healthz", OPEN),
    "readyz": ("/readyz", OPEN),
    "records/<slug:name>/export.<slug:form>": ("/records/system/export.csv", (302, 403, 200, 200, 200)),
    "records/<slug:name>/import/": ("/records/system/import/", (302, 403, 403, 200, 200)),
    "records/<slug:name>/import/<slug:token>/": ("/records/system/import/none/", (302, 403, 403, 404, 404)),
    "comment/<ref:ref>/": (f"/comment/{REF}/", (302, 405, 405, 405, 405)),
    "attach/<ref:ref>/": (f"/attach/{REF}/", (302, 405, 405, 405, 405)),
    "attachment/<ref:ref>/": ("/attachment/attachment:2026-0001/", (302, 404, 404, 404, 404)),
    "task/<ref:ref>/": (f"/task/{REF}/", (302, 405, 405, 405, 405)),
    "task-close/<ref:ref>/": ("/task-close/task:2026-0001/", (302, 405, 405, 405, 405)),
    "import/<ref:ref>/": ("/import/import:2026-0001/", (302, 404, 404, 404, 404)),
    "answer/<str:token>/": ("/answer/none/", (404, 404, 404, 404, 404)),
    "hand-over/<ref:ref>/": (f"/hand-over/{REF}/", (302, 405, 405, 405, 405)),
    "threats/<ref:ref>/": (f"/threats/{REF}/", (302, 403, 200, 200, 200)),
    "trust/": ("/trust/", OPEN),
    "trust/<ref:ref>/proof.json": ("/trust/publication:2026-0001/proof.json", (404, 404, 404, 404, 404)),
    "trust/fields/": ("/trust/fields/", (302, 403, 200, 200, 200)),
    "trust/preview/<ref:ref>/": (f"/trust/preview/{REF}/", (302, 404, 404, 404, 404)),  # a system is no claim
    "concern/": ("/concern/", OPEN),
    "concern/receipt/": ("/concern/receipt/", OPEN),
    "voice/<ref:ref>/": ("/voice/concern:2026-0001/", (302, 404, 404, 404, 404)),
    "record/<ref:ref>/": ("/record/{role}/", READ),
    "edit/<ref:ref>/": (f"/edit/{REF}/", (302, 404, 403, 200, 200)),
    "move/<slug:move>/<ref:ref>/": ("/move/accept/{role}/", READ),
    "history/<ref:ref>/": (f"/history/{REF}/", READ),
    "proof/<int:entry>/<ref:ref>/": (f"/proof/{{entry}}/{REF}/", READ),
    "account/login/": ("/account/login/", GUEST),
    "account/logout/": ("/account/logout/", (302, 200, 200, 200, 200)),
    "account/roles/": ("/account/roles/", MINE),
    "account/inactive/": ("/account/inactive/", OPEN),
    "account/signup/": ("/account/signup/", GUEST),
    "account/reauthenticate/": ("/account/reauthenticate/", MINE),
    "account/password/change/": ("/account/password/change/", MINE),
    "account/password/set/": ("/account/password/set/", LOGIN),
    "account/password/reset/": ("/account/password/reset/", OPEN),
    "account/password/reset/done/": ("/account/password/reset/done/", OPEN),
    "account/password/reset/key/done/": ("/account/password/reset/key/done/", OPEN),
    "account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": ("/account/password/reset/key/1-x/", OPEN),
    "account/factors/": ("/account/factors/", MINE),
    "account/factors/authenticate/": ("/account/factors/authenticate/", LOGIN),
    "account/factors/reauthenticate/": ("/account/factors/reauthenticate/", LOGIN),
    "account/factors/totp/activate/": ("/account/factors/totp/activate/", LOGIN),
    "account/factors/totp/deactivate/": ("/account/factors/totp/deactivate/", (302, 404, 404, 404, 404)),
    "account/factors/codes/": ("/account/factors/codes/", (302, 404, 404, 404, 404)),
    "account/factors/codes/generate/": ("/account/factors/codes/generate/", LOGIN),
    "account/factors/codes/download/": ("/account/factors/codes/download/", (302, 404, 404, 404, 404)),
    "account/passkeys/": ("/account/passkeys/", MINE),
    "account/passkeys/add/": ("/account/passkeys/add/", LOGIN),
    "account/passkeys/login/": ("/account/passkeys/login/", LOGIN),
    "account/passkeys/reauthenticate/": ("/account/passkeys/reauthenticate/", LOGIN),
    "account/passkeys/<int:pk>/remove/": ("/account/passkeys/1/remove/", LOGIN),
    "account/passkeys/<int:pk>/edit/": ("/account/passkeys/1/edit/", LOGIN),
    "account/sign-on/<slug:provider_id>/": ("/account/sign-on/none/", (404, 404, 404, 404, 404)),
    "account/sign-on/<slug:provider_id>/callback/": ("/account/sign-on/none/callback/", (404, 404, 404, 404, 404)),
    "account/sign-on-cancelled/": ("/account/sign-on-cancelled/", OPEN),
    "account/sign-on-failed/": ("/account/sign-on-failed/", (401, 401, 401, 401, 401)),
}


def routes(found: Any = None, above: str = "") -> Iterator[str]:
    for one in (found or get_resolver()).url_patterns:
        route = above + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        elif isinstance(one, URLPattern):
            yield route


def outside_the_api() -> list[str]:
    return [route for route in routes() if not route.startswith("api/")]


@pytest.fixture
def people(meridian: Organisation) -> dict[str, Person]:
    """The author answers for systems in the unit where he wrote one; the right person may too, and wrote nothing."""
    sam = stranger(meridian).person
    rae = Person(name="Rae Reader", email="rae@meridian.example", unit=meridian.root)
    write(rae, actor=SETUP, action="identity.person.added")
    grant(rae, Role.MEMBER, meridian.root)
    write(meridian.system(), actor=actor_of(meridian.owner), action="inventory.system.added")
    for one in (rae, meridian.lead, meridian.owner):
        account(one)
    return {"stranger": sam, "reader": rae, "right": meridian.lead, "author": meridian.owner}


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    there = set(outside_the_api())
    assert len(there) > 30
    assert there - ROUTES.keys() == set(), "say in ROUTES who gets which answer"
    assert ROUTES.keys() - there == set()


def test_each_address_answers_each_kind_of_person_as_its_row_says(
    meridian: Organisation, people: dict[str, Person]
) -> None:
    clients = {"nobody": Client()} | {name: logged_in(one.account) for name, one in people.items()}
    fill = {"role": meridian.owner.roles.get().ref, "entry": entries_of(REF)[0].index}
    wrong = []
    for route, (address, answers) in ROUTES.items():
        for name, wanted in zip(WHO, answers, strict=True):
            got = clients[name].get(address.format(**fill)).status_code
            if got != wanted:
                wrong.append(f"{route} as {name}: expected {wanted}, got {got}")
    assert wrong == [], "\n".join(wrong)


def test_nobody_changes_anything_by_any_method_anywhere(meridian: Organisation, people: dict[str, Person]) -> None:
    client, wrong = Client(), []
    public = {route for route, (_, answers) in ROUTES.items() if answers[0] in {200, 401, 404}}
    for route, (address, _) in ROUTES.items():
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(address.format(role="role:2026-0001", entry=0))
            if answer.status_code not in {302, 401, 403, 404, 405} and route not in public:
                wrong.append(f"{method} {route}: {answer.status_code}")
            if (
                answer.status_code == 302
                and route not in public
                and not answer["Location"].startswith("/account/login/")
            ):
                wrong.append(f"{method} {route}: to {answer['Location']}")
    assert wrong == [], "\n".join(wrong)


def test_no_api_route_answers_without_a_token_and_a_session_is_none(people: dict[str, Person]) -> None:
    wrong = []
    there = {path: list(found) for path, found in described_api("/")["paths"].items()}
    assert len(there) > 20
    for client in (Client(), logged_in(people["right"].account)):
        for path, methods in there.items():
            address = re.sub(r"{[^}]+}", REF, path)
            for method in methods:
                got = getattr(client, method)(address, content_type="application/json").status_code
                if got != 401:
                    wrong.append(f"{method} {path}: {got}")
        assert client.get("/api/v1/no-such-thing").status_code in {401, 404}
    assert wrong == [], "\n".join(wrong)


@pytest.mark.slow
def test_every_type_is_listed_and_added_by_who_has_the_right_and_by_nobody_else(
    meridian: Organisation, people: dict[str, Person]
) -> None:
    holds = {"reader": {Role.MEMBER}, "right": {Role.AIMS_MANAGER}, "author": {Role.SYSTEM_OWNER}, "stranger": set()}
    clients = {name: logged_in(one.account) for name, one in people.items()}
    wrong = []
    for name, described in registered().items():
        for verb, address in (("read", f"/records/{name}/"), ("add", f"/records/{name}/add/")):
            needed = rights().get(described.right(verb), frozenset())
            assert Client().get(address).status_code == 302
            for who, roles in holds.items():
                wanted, got = (200 if roles & needed else 403), clients[who].get(address).status_code
                if got != wanted:
                    wrong.append(f"{address} as {who}: expected {wanted}, got {got}")
    assert wrong == [], "\n".join(wrong)


# Moves. What each kind of person gets: D denied, R refused by a rule, Y done; in the order of WHO.
# The author is who granted or made the thing; the right person is who should act.
MOVES = {
    ("role", "accept"): "RRRYR",
    ("role", "confirm"): "DDDYR",
    ("role", "end"): "DDDYY",
    ("delegation", "accept"): "RRRYR",
    ("delegation", "confirm"): "DDDYD",
    ("delegation", "end"): "DDDYY",
    ("exception", "end"): "DDDYY",
    ("person", "open_account"): "DDDYD",
    ("person", "end_sessions"): "DDDYY",
    ("person", "deactivate"): "DDDYD",
    ("person", "reactivate"): "DDDYD",
}


def outcome(verb: Any, record: Record, actor: Actor, **more: Any) -> str:
    try:
        verb(record, actor=actor, reason="The matrix.", **more)
    except DeniedError:
        return "D"
    except InputError:
        return "R"
    return "Y"


def test_every_move_of_identity_has_a_row() -> None:
    ours = {"role", "delegation", "exception", "person", "unit", "invitation"}
    there = {(name, move.__name__) for name in ours for move in registered()[name].moves}
    assert there == MOVES.keys()


@pytest.mark.parametrize(("row", "who"), [(row, who) for row in MOVES for who in WHO])
def test_each_move_is_done_refused_or_denied_as_its_row_says(
    meridian: Organisation, people: dict[str, Person], row: tuple[str, str], who: str
) -> None:
    record, right, author = MADE[row](meridian, people)
    actors = {"right": actor_of(right), "author": actor_of(author), "nobody": NOBODY}
    actor = actors.get(who) or actor_of(people[who])
    verb = {"deactivate": deactivate, "reactivate": reactivate}.get(row[1]) or getattr(actions, row[1])
    assert outcome(verb, record, actor) == MOVES[row][WHO.index(who)]


Made = tuple[Record, Person, Person]
"""A record, who is right to move it, and its author."""


def somebody(meridian: Organisation, name: str, *roles: Role) -> Person:
    made = Person(name=name, email=f"{name.lower()}@meridian.example", unit=meridian.root)
    write(made, actor=SETUP, action="identity.person.added")
    for role in roles:
        grant(made, role, meridian.root)
    return made


def a_role(meridian: Organisation, _people: dict[str, Person], role: Role = Role.RISK_OWNER) -> Made:
    second, holder = somebody(meridian, "Second", Role.AIMS_MANAGER), somebody(meridian, "Holder")
    given = RoleAssignment(person=holder, role=role, unit=meridian.root, starts=now().date())
    return actions.grant(given, actor=actor_of(meridian.lead), reason="x"), second, meridian.lead


def its_holder(made: Made) -> Made:
    record, _, author = made
    return record, record.person, author  # type: ignore[attr-defined]  # a role or a delegation


def a_delegation(meridian: Organisation, _people: dict[str, Person]) -> Made:
    second, holder = somebody(meridian, "Second", Role.AIMS_MANAGER), somebody(meridian, "Holder")
    today = now().date()
    given = Delegation(
        giver=meridian.owner,
        receiver=holder,
        rights=["inventory.system.change", "matrix.thing.approve"],
        unit=meridian.lending,
        starts=today,
        ends=today + timedelta(days=9),
    )
    return actions.delegate(given, actor=actor_of(meridian.owner), reason="x"), second, meridian.owner


def an_exception(meridian: Organisation, _people: dict[str, Person]) -> Made:
    today = now().date()
    given = ApprovalException(person=meridian.lead, unit=meridian.root, starts=today, ends=today)
    made = actions.allow_exception(given, actor=actor_of(meridian.lead), reason="x")
    return made, somebody(meridian, "Second", Role.AIMS_MANAGER), meridian.lead


def a_person(meridian: Organisation, _people: dict[str, Person]) -> Made:
    return somebody(meridian, "Holder"), somebody(meridian, "Admin", Role.ADMINISTRATOR), meridian.lead


def who_left(meridian: Organisation, people: dict[str, Person]) -> Made:
    person, admin, author = a_person(meridian, people)
    return deactivate(person, actor=actor_of(admin), reason="x"), admin, author  # type: ignore[arg-type]  # a person


def himself(meridian: Organisation, _people: dict[str, Person]) -> Made:
    holder = somebody(meridian, "Holder")
    return holder, somebody(meridian, "Admin", Role.ADMINISTRATOR), holder


register({"matrix.thing.approve": (Role.SYSTEM_OWNER,)})
MADE = {
    ("role", "accept"): lambda *given: its_holder(a_role(*given)),
    ("role", "confirm"): a_role,
    ("role", "end"): a_role,
    ("delegation", "accept"): lambda *given: its_holder(a_delegation(*given)),
    ("delegation", "confirm"): a_delegation,
    ("delegation", "end"): a_delegation,
    ("exception", "end"): an_exception,
    ("person", "open_account"): a_person,
    ("person", "end_sessions"): himself,
    ("person", "deactivate"): a_person,
    ("person", "reactivate"): who_left,
}


def test_a_newcomer_sees_and_accepts_what_was_given_to_them_and_nothing_else(
    meridian: Organisation, people: dict[str, Person]
) -> None:
    sam = people["stranger"]
    client = logged_in(sam.account)
    assert b"No role was given" in client.get("/account/roles/").content
    given = RoleAssignment(person=sam, role=Role.MEMBER, unit=meridian.root, starts=now().date())
    actions.grant(given, actor=actor_of(meridian.lead), reason="x")
    assert client.get("/records/system/").status_code == 403
    other, _, _ = a_role(meridian, people)
    assert client.post("/account/roles/", {"ref": other.ref}).status_code == 404
    assert client.post("/account/roles/", {"ref": given.ref}, follow=True).status_code == 200
    assert client.get("/records/system/").status_code == 200
    assert b"accepted already" in client.post("/account/roles/", {"ref": given.ref}, follow=True).content
