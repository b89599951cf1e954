"""Wrong types, lengths and Unicode of all planes in every field of every form: told in place, nothing lost or half."""

import re
from collections import Counter
from html import escape
from urllib.parse import quote

from records.identity.accounts import account, logged_in
from records.organisation import Organisation, actor_of, grant
from upright.desk.description import registered
from upright.desk.forms import form_class
from upright.records.identity.editing import may_be_added
from upright.records.identity.models import Role
from upright.records.identity.power import powers_of

PLANES = "".join(chr(plane << 16 | 0xFFFD - plane) for plane in range(1, 17))
WRONG = {
    "nothing": "",
    "too long": "x" * 50_000,
    "all planes": f"<b>{PLANES}\u202e e\u0301",
    "no text": "%00%ED%A0%80%FF",
    "a number": "-" + "9" * 400,
    "JSON": '[{"a": [NaN]}, null]',
    "two": "one",
}


NAMED = re.compile(r'<(?:input|select|textarea)\b(?![^>]*type="(?:checkbox|radio|hidden)")[^>]*\bname="([^"]+)"')
LABELS = re.compile(r'<label for="[^"]*">([^<]+)')


def _twice(page: str) -> list[str]:
    """Names and labels that a form has more than once: of two answers to the same name, one is lost."""
    main = page.partition("<main")[2]
    found = (Counter(NAMED.findall(main)), Counter(one.strip() for one in LABELS.findall(main)))
    return [name for counted in found for name, count in counted.items() if count > 1]


def test_every_field_of_every_form_refuses_what_it_cannot_hold(meridian: Organisation) -> None:
    for role in set(Role) - {Role.AIMS_MANAGER, Role.EXTERNAL_AUDITOR}:
        grant(meridian.lead, role, meridian.root)
    client = logged_in(account(meridian.lead))
    client.raise_request_exception = False  # a 500 is what is looked for
    powers = powers_of(actor_of(meridian.lead))
    wrong, tried = [], 0
    for name, described in registered().items():
        if not described.is_typed or not may_be_added(described.model):
            continue
        fields = [one for one in form_class(described)({}, powers=powers).fields if one != "version"]
        for what, value in WRONG.items():
            text = value if what == "no text" else quote(value)
            times = 2 if what == "two" else 1
            body = "&".join(f"{one}={text}" for one in fields for _ in range(times)) + "&version=0"
            before = described.model._base_manager.count()
            answer = client.post(f"/records/{name}/add/", body, content_type="application/x-www-form-urlencoded")
            tried += 1
            if answer.status_code != 400 or described.model._base_manager.count() != before:
                wrong.append((name, what, answer.status_code))
            elif what == "all planes" and (twice := _twice(answer.content.decode())):
                wrong.append((name, "asked twice", twice))
            elif what == "all planes" and escape(value) not in answer.content.decode():
                wrong.append((name, what, "lost"))
    assert not wrong, "\n".join(map(str, wrong))
    assert tried > 50 * len(WRONG)
