"""What the catalogue knows of controls, threats, requirements and stages; read once a process."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from upright.catalogue import Catalogue

_ANNEX_A = re.compile(r"A\.\d+\.\d+(\.\d+)?")


@cache
def catalogue() -> Catalogue:
    """The edition that ships."""
    return Catalogue.load()


@cache
def annex_a() -> Mapping[str, str]:
    """The controls of Annex A by local id (``A.5.4``), with their short titles, in the order of the standard."""
    known = catalogue().frameworks["iso42001"].requirements
    return {one.local: one.title for one in known if _ANNEX_A.fullmatch(one.local)}


@cache
def threats() -> Mapping[str, Mapping[str, Any]]:
    """The catalogued threats by id."""
    return {str(one["id"]): one for one in catalogue().threats}


def looks_like_annex_a(identifier: str) -> bool:
    """Whether an identifier claims to be a control of Annex A, whether there is one or not.

    >>> looks_like_annex_a("A.5.4"), looks_like_annex_a("MCU.1")
    (True, False)
    """
    return identifier.startswith("A.")


def evaluation_kind(identifier: str) -> str | None:
    """The kind of evidence that an evaluation of a control is; None: an own control, which no framework asks for."""
    kind = f"control-evaluation.{identifier.lower()}"
    return kind if kind in catalogue().kinds else None
