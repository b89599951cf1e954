"""The values of a catalogue: frameworks, requirements and their asks, kinds of evidence, gates. Frozen and plain."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

About = Literal["organisation", "system", "model", "dataset", "supplier"]
Mode = Literal["must_pass", "must_be_done"]
Hold = Literal["bytes", "snapshot", "declared", "window"]
Producer = Literal["check", "record", "document", "log", "attestation"]
FrameworkKind = Literal["management", "law", "voluntary"]
Answer = Literal["yes", "no", "unknown"]


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=False):
    """What all values of a catalogue share: frozen, by keyword, and an unknown key is an error."""


def plain(value: Any) -> Any:
    """The JSON value of a value of the catalogue: lists, not tuples."""
    return msgspec.json.decode(msgspec.json.encode(value))


class When(Value, frozen=True, kw_only=True):
    """Narrows an ask; every field that is set must hold. For a management system it never removes a requirement.

    ``class_`` holds risk classes of a law, ``traits`` the answer a trait must have.
    """

    roles: tuple[str, ...] = ()
    class_: tuple[str, ...] = msgspec.field(name="class", default=())
    stage: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    personal_data: bool | None = None
    traits: Mapping[str, Literal["yes", "no"]] = msgspec.field(default_factory=dict)


class Ask(Value, frozen=True, kw_only=True):
    """Evidence a requirement asks for: every member of ``all_of``; a member is met by any of its kinds.

    ``fresh_for`` is ISO 8601 or None for evidence that does not age; ``attested`` says that an attestation
    may stand in for a check or a log. ``reproduced`` refuses evidence whose predictions were not scored again.
    """

    all_of: tuple[tuple[str, ...], ...]
    about: About
    mode: Mode = "must_pass"
    fresh_for: str | None = None
    min_hold: Hold | None = None
    attested: bool = False
    reproduced: bool = False
    when: When | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind named, in order, each once."""
        return tuple(dict.fromkeys(kind for member in self.all_of for kind in member))


class Condition(Value, frozen=True, kw_only=True):
    """Something a law's duty depends on besides class and role: at least one of ``any_of`` must be so.

    An entry is a trait (``public_authority``), or an answer to a classification question (``Q8=III-5-b``).
    """

    any_of: tuple[str, ...]
    note: str = ""


class Applies(Value, frozen=True, kw_only=True):
    """When a duty of a law applies. Empty ``roles`` or ``classes`` means any."""

    roles: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    dates: Mapping[str, str] = msgspec.field(default_factory=dict)
    formal_from: str | None = None
    optional: bool = False


class Requirement(Value, frozen=True, kw_only=True):
    """A clause, control, subcategory or article: what it asks in our own words, and the evidence it asks for.

    ``id`` is ``framework:local``. ``confirmed`` speaks for id, title and gist; ``judgement`` and
    ``asks_confirmed`` speak for the asks. ``proposed`` are words that propose (roles, stages); they never exclude.
    """

    id: str
    framework: str
    title: str
    text: str
    group: str
    confirmed: bool
    display: str = ""
    type: str = "requirement"
    cautions: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()
    applies: Applies | None = None
    proposed: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    judgement: Literal["reference", "own"] = "own"
    asks_confirmed: bool = False
    facts: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @property
    def local(self) -> str:
        """The id within its framework: ``A.5.4``."""
        return self.id.partition(":")[2]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind its asks name, each once."""
        return tuple(dict.fromkeys(kind for ask in self.asks for kind in ask.kinds))


class Group(Value, frozen=True, kw_only=True):
    """A heading that requirements stand under."""

    id: str
    title: str
    text: str = ""


class Framework(Value, frozen=True, kw_only=True):
    """A standard, a law or a voluntary framework. ``digest`` is SHA-256 of the JCS of its frozen form."""

    id: str
    title: str
    edition: str
    kind: FrameworkKind
    confirmed: bool
    cautions: tuple[str, ...]
    groups: tuple[Group, ...]
    requirements: tuple[Requirement, ...]
    facts: Mapping[str, Any]
    digest: str = ""


class Kind(Value, frozen=True, kw_only=True):
    """One kind of evidence. ``fields`` is a JSON Schema of a record's data, ``example`` a value that it accepts.

    ``status``: ``built`` when something produces it now; ``planned`` is reachable by an attestation alone, and only
    where an ask says ``attested``. ``shared_because``: why more than five requirements may ask for it.
    """

    id: str
    meaning: str
    produced_by: Producer
    subject: tuple[About, ...]
    status: Literal["built", "planned"]
    fields: Mapping[str, Any]
    example: Mapping[str, Any]
    keys: int = 1
    family: str | None = None
    shared_because: str | None = None
    judgement: Literal["reference", "own"] = "own"


class Trait(Value, frozen=True, kw_only=True):
    """A property of a system that a law or an ask depends on; the manifest answers it, and a missing one is unknown."""

    id: str
    question: str
    reference: str
    trigger: str | None = None


class GateItem(Value, frozen=True, kw_only=True):
    """What a life-cycle stage requires: a requirement (it must be met) or a kind of evidence (its cell must be ok)."""

    why: str
    requirement: str | None = None
    kind: str | None = None
    about: About | None = None
    fresh_for: str | None = None
    attested: bool = False

    @property
    def what(self) -> str:
        """The requirement's id or the kind's."""
        return self.requirement or self.kind or ""


class Gates(Value, frozen=True, kw_only=True):
    """Per life-cycle stage, what must hold before a system enters it. ``digest`` as for a framework."""

    version: int
    judgement: Literal["own"]
    confirmed: bool
    stages: Mapping[str, tuple[GateItem, ...]]
    digest: str = ""
