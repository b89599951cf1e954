"""What the pickle interpreter knows of a value without making it."""

from dataclasses import dataclass
from typing import Any

from upright.modelfiles.allowlist import Entry
from upright.modelfiles.runs import has_runs, made

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


_NOTHING: dict[str, Any] = {}


class Box:
    """A list, dict, set or bytearray that later instructions may still fill.

    ``raw``: of a bytearray, what it was made from. What is put into a dict is looked at when somebody asks.
    """

    __slots__ = ("_items", "_later", "_odd_key", "kind", "raw")

    def __init__(self, kind: str, *, odd_key: str | None = None, raw: Bytes | None = None) -> None:
        self.kind = kind
        self.raw = raw
        self._odd_key = odd_key
        self._items: dict[str, Any] | None = _NOTHING
        self._later: list[list[Any]] | None = None

    def put_all(self, items: list[Any]) -> None:
        """Notes keys and values of a dict, in turns; where runs are among them, they are looked at later."""
        if self._later or has_runs(items):
            self._later = self._later or []
            self._later.append(items)
        else:
            self._put(items)

    @property
    def items(self) -> dict[str, Any] | None:
        """Of a dict: its values by text key, None beyond ``MOST_KEPT_ITEMS``."""
        self._look()
        return self._items

    @property
    def odd_key(self) -> str | None:
        """Why its keys are not plain attribute names, if they are not."""
        self._look()
        return self._odd_key

    def _look(self) -> None:
        later, self._later = self._later, None
        for items in later or ():
            self._put(made(items))

    def _put(self, items: list[Any]) -> None:
        for key, value in zip(items[::2], items[1::2], strict=False):
            if type(key) is not str:
                self._odd_key = self._odd_key or "a key is not a text"
                continue
            if key.startswith("__"):
                self._odd_key = key
            if self._items is not None:
                self._items = self._items or {}
                self._items[key] = value
                if len(self._items) > MOST_KEPT_ITEMS:
                    self._items = None


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
