"""The catalogue: what ISO/IEC 42001, the EU AI Act, NIST AI RMF and GDPR ask for, as data.

``Catalogue.load`` reads the YAML of this package (and overlays); everything else here is pure.
"""

from upright.catalogue.applicability import Applicability, Applicable, Profile, applicable_gdpr, narrows
from upright.catalogue.catalogue import Catalogue, Stage
from upright.catalogue.classify import Classification, Obligation, classify
from upright.catalogue.documents import requirement_document, requirement_row
from upright.catalogue.linting import Problem, lint
from upright.catalogue.reading import CatalogueError
from upright.catalogue.types import (
    Applies,
    Ask,
    Condition,
    Framework,
    GateItem,
    Gates,
    Group,
    Kind,
    Requirement,
    Trait,
    When,
)

__all__ = [
    "Applicability",
    "Applicable",
    "Applies",
    "Ask",
    "Catalogue",
    "CatalogueError",
    "Classification",
    "Condition",
    "Framework",
    "GateItem",
    "Gates",
    "Group",
    "Kind",
    "Obligation",
    "Problem",
    "Profile",
    "Requirement",
    "Stage",
    "Trait",
    "When",
    "applicable_gdpr",
    "classify",
    "lint",
    "narrows",
    "requirement_document",
    "requirement_row",
]
