"""What the pickle interpreter knows of a value without making it."""

from dataclasses import dataclass, field
from typing import Any

from upright.modelfiles.allowlist import Entry

LONGEST_TEXT = 256
"""Longer texts are not kept: no listed global has so long a name."""
KEEP_PLACE = 1024
"""From this length on the place of a text is kept: a LightGBM model is one."""
LONGEST_TUPLE = 32
MOST_KEPT_ITEMS = 64


class Some:
    """A harmless value whose content does not matter: a float, a long text, a number in a long list."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


class LongText(Some):
    """A text too long to be kept; where it stands in the buffer, if it may be looked at again."""

    __slots__ = ("at", "codec", "size")

    def __init__(self, at: int = -1, size: int = 0, codec: str = "utf-8") -> None:
        super().__init__("text")
        self.at = at
        self.size = size
        self.codec = codec


FLOAT = Some("float")
INTEGER = Some("int")
LONG_TEXT = LongText()
LONG_TUPLE = Some("tuple")


@dataclass(slots=True, frozen=True)
class Bytes:
    """Raw bytes; ``size`` is -1 where it is not known.

    ``at``: where they stand in the buffer, -1 where that is not known; ``text``: there they are the Latin-1 bytes of
    this text, as protocols 0 to 2 write them.
    """

    size: int
    at: int = -1
    text: LongText | None = None


@dataclass(slots=True, eq=False)
class Box:
    """A list, dict, set or bytearray that later instructions may still fill."""

    kind: str
    items: dict[str, Any] | None = field(default_factory=dict)
    """Of a dict: its values by text key, dropped beyond ``MOST_KEPT_ITEMS``."""
    odd_key: str | None = None
    """Why its keys are not plain attribute names, if they are not."""
    raw: Bytes | None = None
    """Of a bytearray: what it was made from."""

    def put(self, key: Any, value: Any) -> None:
        """Notes one item of a dict."""
        if type(key) is not str:
            self.odd_key = self.odd_key or "a key is not a text"
            return
        if key.startswith("__"):
            self.odd_key = key
        if self.items is not None:
            self.items[key] = value
            if len(self.items) > MOST_KEPT_ITEMS:
                self.items = None


@dataclass(slots=True, frozen=True)
class Global:
    """A name that was resolved; ``entry`` is None where the list does not hold it."""

    module: str
    name: str
    entry: Entry | None

    @property
    def path(self) -> str:
        """The dotted name, as reports show it."""
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False)
class Instance:
    """What calling or instantiating a listed global gave."""

    of: Global
    args: tuple[Any, ...] = ()
    state: Any = None
    builds: int = 0
    facts: Any = None
    """What a guard learnt: of a ``numpy.dtype`` its ``DtypeFacts``."""


@dataclass(slots=True, frozen=True)
class Unknown:
    """The result of something that was already reported."""

    why: str
