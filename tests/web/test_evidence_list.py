"""The list of statements: the same to whoever may see few systems and many, and nothing of those they may not."""

import pytest
from django.test import Client

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of
from upright.records.assurance.evidence import fresh_until, is_aged
from upright.records.assurance.models import EvidenceRow
from upright.records.inventory.models import System
from upright.records.trail.door import write
from upright.web import evidence, filed

KINDS = (["performance"], ["data-quality", "drift"], ["<b>none</b>"])
RESULTS = ("passed", "failed", "undecided", "errored")


@pytest.fixture
def owner(meridian: Organisation) -> Client:
    """May see two systems of lending; statements are about those, about one of another unit, and the organisation."""
    for name, unit in (("loans", meridian.lending), ("cards", meridian.lending), ("hidden", meridian.root)):
        one = System(short_name=name, name=f"System {name}", purpose="Ranks.", unit=unit, owner=meridian.owner,
                     modality="tabular")  # fmt: skip
        write(one, actor=actor_of(meridian.lead) if name == "hidden" else SETUP, action="inventory.system.added")
    systems = ("system:loans", "system:hidden", "", "system:cards", "system:gone")
    EvidenceRow.objects.bulk_create(
        EvidenceRow(
            index=1000 + n, evidence=f"{n:064x}", stream=f"binding:{n % 7}", system=systems[n % 5], binding=f"b-{n}",
            subject=f"model:x/{n}", kinds=KINDS[n % 3], source="check", result=RESULTS[n % 4],
            ended=f"20{20 + n % 10}-03-01T00:00:00.000Z",
        )
        for n in range(140)
    )  # fmt: skip
    return logged_in(account(meridian.owner))


def walked(client: Client, query: str) -> tuple[list[int], str]:
    """Every statement over all pages, as links name them, and the text of the first page."""
    found: list[int] = []
    texts: list[str] = []
    while query or not texts:
        texts.append(client.get(f"/in/evidence/{query}").content.decode())
        found += [int(part.partition("/")[0]) for part in texts[-1].split('<th scope="row"><a href="/statement/')[1:]]
        query = texts[-1].partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    return found, texts[0]


@pytest.mark.parametrize("many", [1, 100])
def test_who_may_see_many_systems_is_shown_the_same_as_who_may_see_few(
    owner: Client, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(filed, "_MANY", many)
    rows = list(EvidenceRow.objects.order_by("-index"))
    mine = [one for one in rows if one.system in {"", "system:loans", "system:cards"}]
    found, text = walked(owner, "")
    assert found == [one.index for one in mine]
    assert len(found) == 84
    assert "System hidden" not in text
    for query, wanted in (
        ("?result=failed", [one for one in mine if one.result == "failed"]),
        ("?system=system:loans", [one for one in mine if one.system == "system:loans"]),
        ("?system=system:hidden", []),
        ("?kind=drift", [one for one in mine if "drift" in one.kinds]),
        ("?before=1070", [one for one in mine if one.index < 1070]),
    ):
        assert walked(owner, query)[0] == [one.index for one in wanted], query


def test_a_line_says_what_the_statement_does_and_what_people_wrote_is_text(owner: Client) -> None:
    text = owner.get("/in/evidence/").content.decode()
    assert "<b>none</b>" not in text
    assert "&lt;b&gt;none&lt;/b&gt;" in text
    lines = {part.partition("/")[0]: part.partition("</tr>")[0] for part in text.split('<a href="/statement/')[1:]}
    old = {True: 0, False: 0}
    for index, line in lines.items():
        one = EvidenceRow.objects.get(index=int(index))
        assert f'data-status="{one.result}"' in line
        assert ("a newer run follows" in line) is True  # no stream of the ledger ends with a made-up entry
        named = {"": "The organisation", "system:loans": "System loans", "system:cards": "System cards"}
        assert named[one.system] in line
        until = fresh_until(one)
        assert ('data-status="stale"' in line) == is_aged(one)
        assert "while unchanged" in line if until is None else f'datetime="{until.date()}"' in line
        old[is_aged(one)] += 1
    assert "while unchanged" in text
    assert min(old.values()) > 3


def linked(text: str, word: str) -> str:
    """Where the link of the list's foot that says this leads; empty: there is none."""
    foot = text.partition('class="table-foot"')[2].partition("</div>")[0]
    links = [part.partition("</a>")[0] for part in foot.split("<a ")[1:]]
    return next((one.partition('href="')[2].partition('"')[0] for one in links if one.endswith(f">{word}")), "")


@pytest.mark.parametrize("many", [1, 100])
def test_the_oldest_is_one_step_away_and_the_way_back_keeps_the_filter(
    owner: Client, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(filed, "_MANY", many)
    monkeypatch.setattr(evidence, "_PER", 4)
    kept = "?result=failed"
    mine = [one.index for one in EvidenceRow.objects.order_by("-index")
            if one.system in {"", "system:loans", "system:cards"} and one.result == "failed"]  # fmt: skip
    shown, text = walked(owner, kept)
    assert shown == mine
    assert (linked(text, "Newest"), linked(text, "Newer")) == ("", "")
    pages, query = [], linked(text, "Oldest").replace("&amp;", "&")
    while query:
        text = owner.get(f"/in/evidence/{query}").content.decode()
        pages.append([int(part.partition("/")[0]) for part in text.split('<th scope="row"><a href="/statement/')[1:]])
        assert linked(text, "Newest") in {"", kept}
        query = linked(text, "Newer").replace("&amp;", "&")
    assert pages[0] == mine[-4:]
    assert pages[-1] == mine[:4]
    assert [one for page in pages[:-1] for one in page[::-1]] == mine[::-1][: 4 * (len(pages) - 1)]
    assert linked(text, "Older")
    assert owner.get("/in/evidence/?after=%C2%B2").status_code == 200
