"""The catalogue: what ISO/IEC 42001, the EU AI Act, NIST AI RMF and GDPR ask for, as data.

``Catalogue.load`` reads the YAML of this package (and overlays); everything else here is pure.
"""

from upright.catalogue.catalogue import Catalogue, Stage
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
    "Applies",
    "Ask",
    "Catalogue",
    "CatalogueError",
    "Condition",
    "Framework",
    "GateItem",
    "Gates",
    "Group",
    "Kind",
    "Requirement",
    "Stage",
    "Trait",
    "When",
]
