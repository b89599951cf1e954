"""Words of ours that stand alone or within a line: each is told in German wherever a page makes the line of it."""

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from records.identity.accounts import account, logged_in
from records.organisation import Organisation
from records.test_every_type import made_all
from upright.catalogue import Catalogue
from upright.catalogue.classify import rules
from upright.desk.description import registered
from upright.kernel.speech import speech
from upright.records.assurance.documents import _input_part
from upright.records.assurance.models import EvidenceRow
from upright.records.assurance.reviewing import ReviewInput, row
from upright.records.inventory.models import Dependency
from upright.records.operations.models import Monitor, SupplierReview
from upright.web import kept
from upright.web.posture import severity_word
from upright.web.printing import shown
from upright.web.recent import _statement
from upright.web.sentences import kinds

CATALOGUE = Catalogue.load()
ROLES = {
    role
    for one in CATALOGUE.requirements.values()
    if one.applies is not None
    for role in one.applies.roles or ()
}  # fmt: skip


@pytest.mark.parametrize("severity", rules(CATALOGUE).severities)
def test_every_class_is_german_also_while_it_is_open(severity: str) -> None:
    english = severity_word(severity)
    with translation.override("de"):
        german = severity_word(severity)
        assert german != english
        assert severity_word(severity, is_open=True) == f"Nicht entschieden; schlimmstenfalls: {german}"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_under_a_law_is_german_alone_and_in_a_sentence(role: str) -> None:
    with translation.override("de"):
        german = kinds([role])
    assert german != kinds([role]) == role.replace("-", " ")
    said = speech("de").sentence(f"It binds {role}, provider; the organisation is {role}.")
    assert said == f"Sie bindet {german}, Anbieter; die Organisation ist {german}."


def test_every_class_is_german_in_a_sentence() -> None:
    for one in rules(CATALOGUE).outcomes.values():
        text = f"The class {one.class_id} does not bring this duty."
        with translation.override("de"):
            german = kinds([one.class_id])
        assert german != one.class_id.replace("-", " ")
        assert speech("de").sentence(text) == f"Die Klasse {german} bringt diese Pflicht nicht mit sich."


@pytest.mark.parametrize(
    ("wrong", "german"),
    [
        ("is withdrawn", "ist zurückgezogen"),
        ("was to be looked at again by 2026-10-03", "war bis 3. Okt 2026 wieder anzusehen"),
        ("failed on 2026-10-03", "ist am 3. Okt 2026 gescheitert"),
        ("found results outside the limits", "fand Ergebnisse außerhalb der Grenzen"),
        ("says that it is not in order", "sagt, dass es nicht in Ordnung ist"),
        ("ran last on 2026-10-03, longer ago than P90D", "lief zuletzt am 3. Okt 2026, länger her als 90 Tage"),
    ],
)
def test_what_speaks_against_a_statement_is_german_with_its_days_and_periods(wrong: str, german: str) -> None:
    text = f"A.5.3 is said to be implemented, and control:2026-0001, which showed it, {wrong} (6.1.3)."
    assert speech("de").sentence(text) == f"A.5.3 gilt als umgesetzt; control:2026-0001 belegte es: {german} (6.1.3)."
    assert speech("en").sentence(text) == text


def test_a_period_of_several_units_and_a_text_like_a_day_stay_as_they_are() -> None:
    about = "test-report about system:loans: evidence 1a of 2026-10-03 (entry 7) is stale: it is older than "
    german = "Testbericht zu system:loans: Nachweis 1a vom 3. Okt 2026 (Eintrag 7) ist veraltet: älter als "
    assert speech("de").sentence(f"{about}P1Y.") == f"{german}1 Jahr."
    assert speech("de").sentence(f"{about}P1Y6M.") == f"{german}P1Y6M."
    assert speech("de").sentence("The duty begins on 2026-13-41.") == "Die Pflicht beginnt am 2026-13-41."


def test_minutes_of_a_review_tell_what_the_extract_counted() -> None:
    objective = row(
        "objective:2026-0001", "failing", "unknown", "2026-10-03T00:00:00Z",
        measure="selection_rate_difference", target="at_most 0.1", value="not measured",
    )  # fmt: skip
    earlier = row("review-decision:2026-0001", "Train.", "no plan", "2026-10-03T00:00:00Z", became="", due="2026-12-24")
    counted = row("group-fairness", "Results of group-fairness: 2 failed", "measured", "2026-10-03T00:00:00Z")
    tested = row("binding:loans/fair", "failed → passed", "passed", "2026-10-03T00:00:00Z", runs=2)
    part = _input_part("Inputs", ReviewInput(entry=9, extract=[objective, earlier, counted, tested]))
    with translation.override("de"):
        lines = [[shown(cell) for cell in line] for line in part.rows]
    what = '<span lang="">failing</span>'  # a title that somebody typed stays theirs
    assert lines[0][1:3] == [what, "Unbekannt"]
    assert "Messgröße Differenz der Auswahlrate" in lines[0][4]
    assert lines[0][4].endswith("Wert nicht gemessen")
    assert lines[1][2] == "Kein Plan"
    assert "24. Dez 2026" in lines[1][4]
    assert lines[2][:3] == [
        "Fairness zwischen Gruppen",
        "Ergebnisse zu Fairness zwischen Gruppen: 2 nicht bestanden",
        "Gemessen",
    ]
    assert lines[3][1:3] == ["nicht bestanden → bestanden", "Bestanden"]
    assert [shown(cell) for cell in part.rows[3]][1] == "failed → passed"


def test_names_of_monitors_and_dependencies_are_german() -> None:
    monitor = Monitor(measure="selection_rate_difference", limit="at_most 0.1")
    rests = Dependency(dependent="model:a", role="provided-by", on="supplier:b")
    assert [str(monitor), str(rests)] == ["selection-rate difference at most 0.1", "model:a provided by supplier:b"]
    own = Dependency(dependent="model:a", role="Tuned like", on="model:b")
    with translation.override("de"):
        assert str(monitor) == "Differenz der Auswahlrate höchstens 0,1"
        assert [str(rests), str(own)] == ["model:a bereitgestellt von supplier:b", "model:a Tuned like model:b"]


def test_kinds_of_what_is_stated_are_german_on_the_system_page_and_at_home() -> None:
    stated = EvidenceRow(index=4, kinds=["group-fairness"], result="passed", subject="system:loans", ended="")
    with translation.override("de"):
        page = render_to_string("web/parts/system/documents.html", {"stated": [stated], "links": {}})
        assert _statement("2026-10-03T00:00:00Z", stated).title == "Fairness zwischen Gruppen"
    assert "Fairness zwischen Gruppen" in page
    assert "group-fairness" not in page


@pytest.mark.usefixtures("quick_hashes")
def test_rows_of_a_supplier_review_and_periods_of_the_law_are_german(meridian: Organisation) -> None:
    made = made_all(meridian)
    review = made["supplier-review"]
    assert isinstance(review, SupplierReview)
    review.rows = [{"supplier": made["supplier"].ref, "result": "accepted", "note": "Accepted by them"}]
    request = RequestFactory().get("/")
    told = {}
    for language in ("en", "de"):
        with translation.override(language):
            told[language] = str(kept.facts(request, registered()["supplier-review"], review))
    assert ">accepted<" in told["en"]
    assert ">Angenommen<" in told["de"]
    assert ">accepted<" not in told["de"]
    assert ">Accepted by them<" in told["de"]
    client: Client = logged_in(account(meridian.lead))
    with translation.override("en"):
        page = client.get("/upkeep/", headers={"Accept-Language": "de"}).content.decode()
    assert "Für 1 System, 1 Modell, 1 Datensatz und 1 Lieferanten." in page
    assert "Anbieter, Betreiber" in page
    assert "provider" not in page
