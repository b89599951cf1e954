"""Lists of references and of identifiers in a record, held to name something when it is written."""

from collections.abc import Collection, Iterable

from upright.kernel import Ref, RefError
from upright.records.risk.known import annex_a, looks_like_annex_a
from upright.records.trail.errors import misfit
from upright.records.trail.record import find


def demand_refs(field: str, given: object, types: Collection[str]) -> None:
    """Raises unless each item is the reference of a record of one of these types.

    Raises:
        ValidationError: one is not.
    """
    for one in _texts(field, given):
        try:
            ref = Ref.parse(one)
        except RefError as why:
            raise misfit(field, why.message, code="UP-FIELD-01") from None
        if ref.type not in types:
            raise misfit(field, f"{one} is a {ref.type}; expected a {' or '.join(sorted(types))}.", code="UP-FIELD-02")
        if find(ref) is None:
            raise misfit(field, f"{one} names no record here that you may read.", code="UP-FIELD-03")


def demand_controls(field: str, given: object, own: Collection[str]) -> None:
    """Raises unless each item is the id of a control of Annex A, or of an own control.

    Raises:
        ValidationError: one is not.
    """
    for one in _texts(field, given):
        if one not in annex_a() and one not in own:
            what = "no control of Annex A" if looks_like_annex_a(one) else "no own control here; add it first"
            raise misfit(field, f"{one} is {what}. Expected an id such as A.5.4.", code="UP-RISK-21")


def demand_words(field: str, given: object, count: int) -> None:
    """Raises unless there are so many texts, none of them twice.

    Raises:
        ValidationError: there are not.
    """
    found = _texts(field, given)
    if len(found) != count or len(set(found)) != count:
        raise misfit(
            field,
            f"Found {len(set(found))} different lines; expected {count}, one for each level from 1.",
            code="UP-RISK-22",
        )


def _texts(field: str, given: object) -> list[str]:
    found = list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else [given]
    texts = [one for one in found if isinstance(one, str) and one.strip()]
    if len(texts) != len(found):
        raise misfit(field, "Expected a list of texts, one a line.", code="UP-FIELD-05")
    return texts
