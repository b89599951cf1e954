"""Regular expressions for plain values in a pickle: no instruction they match names, calls or makes anything.

Each byte is matched as the argument or the instruction that Python would take it for: every argument has its exact
length, no two instructions begin alike, and nothing repeated gives back what it took.
"""

import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

ATOMS, FLAT, EMPTIES, VALUES = (1000, 64), (64, 8), 500, 8
"""How many values one match of the expressions takes; writers put a thousand items at a time."""
FEW = 8
"""So many atoms are looked for first."""
_LONGEST, _LONGEST_LOOSE, _LONGEST_INNER, _LONGEST_KEY, _LONGEST_INNER_RAW = 255, 127, 63, 31, 32
_MOST_COMPILED, _MOST_KEPT = 48, 12
_POWERS = (24, 16, 8, 0)
_ASCII = rb"[\x00-\x7f]"
_WHOLE = rb"K.|M..|J.{4}|\x8a(?:\x00|\x01.|\x02..|\x03...|\x04.{4}|\x05.{5}|\x06.{6}|\x07.{7}|\x08.{8})"
_NUMBER = rb"K.|M..|J.{4}|G.{8}|[N\x88\x89]|" + _WHOLE.partition(b"J.{4}|")[2]
_ALONE = rb"(?=[eutas\x85-\x87])"  # an empty container before anything else may be about to be filled with it
_PLACES = {24: rb"...\x00", 16: rb"..\x00\x00", 8: rb".\x00\x00\x00"}
LONG_HEADS = {0x8C: 1, ord("X"): 4}
"""Instructions of texts, with the bytes of their length."""
LONG = _LONGEST_INNER + 1
"""Bytes of the shortest text that the expressions for containers do not take."""
STANDS_FOR_LONG = b"C\x00"
"""What ``Readers`` are given for a text that no expression took: something that may be kept and is no text."""
STARTS = frozenset(b"KMJGN\x88\x89\x8aX\x8cChj)](}\x8f")
"""What a plain value may begin with."""


TEXT, WHOLE, KEPT = "text", "whole number", "kept"
"""Parts of a shape that are left open: any short text, any whole number, whatever index a kept value gets."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An open text of exactly ``count`` characters of one or two bytes: so protocols 0 to 2 write bytes.

    No expression can prove the count; what it lets through is checked afterwards, as ``encoded`` finds it.
    """

    count: int


Part = bytes | str | Encoded
Shape = tuple[Part, ...]
"""The instructions of one object, as expressions and open parts."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How plain values are written.

    ``framed``: kept ones are memoized as protocols 4 and 5 do. ``power``: 2 to this power places of the memo are taken
    for sure (0: none). ``any_text``: short texts may be any bytes. ``any_place``: any place of the memo may be read.
    Both are to be checked afterwards. ``objects``: the shapes of objects that count as values; each begins with a read
    of a certain place, so it comes before any read.
    """

    framed: bool
    power: int
    any_text: bool = False
    any_place: bool = False
    objects: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Readers:
    """What a run of plain values holds.

    ``places``: the instructions that keep a value or read a place, in order; ``keeps``: those that keep. ``texts``: of
    each text that ``Manner.any_text`` lets through its length and bytes; the length's are ASCII. ``kept``: what is
    memoized, in order; a text with its instruction, of anything else its last instruction.
    """

    places: re.Pattern[bytes]
    keeps: re.Pattern[bytes]
    texts: re.Pattern[bytes]
    kept: re.Pattern[bytes]


def power_of(places: int) -> int:
    """The ``power`` for so many taken places."""
    return next(power for power in _POWERS if places >= 1 << power or not power)


def _sized(code: bytes, longest: int, content: bytes, zeros: bytes = b"", *, first: int = 1) -> bytes:
    """Alternatives of an instruction by its length, with as many bytes of ``content``."""
    lengths = [re.escape(bytes([n])) + zeros + content + b"{%d}+" % n for n in range(first, longest + 1)]
    if first == 1:
        return code + b"(?:" + b"|".join((*lengths, rb"\x00" + zeros)) + b")"
    return code + b"(?=[" + re.escape(bytes([first])) + rb"-\xff]" + zeros + b")(?:" + b"|".join(lengths) + b")"


def _text(manner: Manner, longest: int) -> bytes:
    code, zeros = (rb"\x8c", b"") if manner.framed else (b"X", rb"\x00\x00\x00")
    if not manner.any_text:
        return _sized(code, longest, _ASCII, zeros)
    short = _sized(code, min(longest, _LONGEST_LOOSE), b".", zeros)
    if longest <= _LONGEST_LOOSE:
        return short
    return short + b"|" + _sized(code, longest, _ASCII, zeros, first=_LONGEST_LOOSE + 1)


def _memo(manner: Manner) -> bytes:
    return rb"\x94?+" if manner.framed else rb"(?:r.{4}|q.)?+"


def _kept(manner: Manner) -> bytes:
    return rb"\x94" if manner.framed else rb"r.{4}|q."


def _gets(manner: Manner) -> bytes:
    if manner.any_place:
        return rb"|h.|j.{4}"
    return b"|h.|j" + _PLACES[manner.power] if manner.power else b""


def _atom(manner: Manner, text: int, raw: int) -> bytes:
    memo = _memo(manner)
    sized = b"|(?:" + _text(manner, text) + b"|" + _sized(b"C", raw, b".") + b")" + memo
    return b"(?:" + _objects(manner) + _NUMBER + sized + _gets(manner) + rb"|\))"


def object_of(manner: Manner, shape: Shape) -> bytes:
    """The expression of a shape."""
    memo = b"(?:" + _kept(manner) + b")"
    forms: dict[Part, bytes] = {
        TEXT: b"(?:" + _text(manner, _LONGEST_INNER) + b")",
        WHOLE: b"(?:" + _WHOLE + b")",
        KEPT: memo,
    }
    forms |= {part: b"X(?:" + _encoded(part) + b")" for part in shape if isinstance(part, Encoded)}
    return b"".join(part if isinstance(part, bytes) else forms[part] for part in shape)


def _encoded(part: Encoded) -> bytes:
    """Alternatives of the length and as many bytes."""
    lengths = range(part.count, 2 * part.count + 1)
    return b"|".join(re.escape(bytes([n])) + rb"\x00\x00\x00.{%d}" % n for n in lengths)


@lru_cache(_MOST_COMPILED)
def encoded(shape: Shape) -> tuple[tuple[Encoded, re.Pattern[bytes]], ...]:
    """Of each such text of a shape, an expression that finds it in every place where the shape may stand.

    It gives the length, which is ASCII, with the bytes; nothing at the end.
    """
    loose = Manner(framed=False, power=0, any_text=True)
    instruction = b"(?:" + _plain() + b"|" + _text(loose, _LONGEST) + rb"|r.{4}|q.|h.|j.{4})"
    whole = object_of(loose, shape)
    found = []
    for at, part in enumerate(shape):
        if isinstance(part, Encoded):
            before, after = object_of(loose, shape[:at]), object_of(loose, shape[at + 1 :])
            wanted = before + b"X(" + _encoded(part) + b")" + after
            expression = b"(?:(?!" + whole + b")" + instruction + b")*+(?:(?=" + wanted + b")" + instruction + rb"|\Z)"
            found.append((part, re.compile(expression, re.DOTALL)))
    return tuple(found)


def _objects(manner: Manner) -> bytes:
    return b"".join(object_of(manner, shape) + b"|" for shape in manner.objects)


def _key(manner: Manner) -> bytes:
    return (
        b"(?:"
        + _objects(manner)
        + _NUMBER
        + b"|(?:"
        + _text(manner, _LONGEST_KEY)
        + b")"
        + _memo(manner)
        + _gets(manner)
        + b")"
    )


def _pair(manner: Manner, value: bytes) -> bytes:
    """A key and a value; a number or text under a key that stood before takes a third of the general way's time."""
    often = b""
    if _gets(manner) and not manner.objects:
        text = b"(?:" + _text(manner, _LONGEST_KEY) + b")" + _memo(manner)
        often = rb"h.(?:K.|J.{4}|G.{8}|M..|[N\x88\x89]|" + text + b")|"
    return b"(?:" + often + _key(manner) + value + b")"


def _rest_of_short(manner: Manner, atom: bytes) -> bytes:
    return rb"(?:\x85|" + atom + rb"(?:\x86|" + atom + rb"\x87))" + _memo(manner)


def _alone_or_short(manner: Manner, first: bytes, atom: bytes) -> bytes:
    """An atom, or a tuple of one to three that begins with it."""
    return first + b"(?:" + _rest_of_short(manner, atom) + b")?+"


def _inner(manner: Manner) -> bytes:
    """An atom or a container of atoms."""
    memo = _memo(manner)
    atom = _atom(manner, _LONGEST_INNER, _LONGEST_INNER_RAW)
    pair, one = _pair(manner, atom), _alone_or_short(manner, atom, atom)
    return b"|".join(
        (
            rb"(?:\}" + memo + rb"(?:\(" + pair + b"{1,64}+u|" + pair + rb"s|" + _ALONE + b")",
            rb"\]" + memo + rb"(?:\(" + atom + b"{1,64}+e|" + one + b"a|" + _ALONE + b")",
            rb"\(" + atom + b"{1,32}+t" + memo,
            rb"\x8f" + memo + rb"\(" + atom + rb"{1,64}+\x90",
            one + b")",
        )
    )


def _outer(manner: Manner) -> bytes:
    """An atom or a container of such or of containers of atoms."""
    memo, inner = _memo(manner), _inner(manner)
    atom = _atom(manner, _LONGEST_INNER, _LONGEST_INNER_RAW)
    pairs = _pair(manner, inner) + b"{1,64}+u|" + _pair(manner, atom) + b"s|"
    items = inner + b"{1,64}+e|" + inner + b"a|"
    return b"|".join(
        (
            rb"\}" + memo + rb"(?:\(" + pairs + _ALONE + b")",
            rb"\]" + memo + rb"(?:\(" + items + _ALONE + b")",
            rb"\(" + inner + b"{1,32}+t" + memo,
            rb"\x8f" + memo + rb"\(" + inner + rb"{1,64}+\x90",
            _alone_or_short(manner, _atom(manner, _LONGEST_LOOSE, _LONGEST_INNER_RAW), atom),
        )
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """Of containers deeper than ``values`` takes: how one opens, its items as far as they are not deep, how it closes.

    By its opening instruction; the mark is a group, without it one item may follow. A dict's items end with a value.
    ``memo`` is what may keep a value, behind it; it matches everywhere.
    """

    opens: dict[int, re.Pattern[bytes]]
    items: dict[int, re.Pattern[bytes]]
    closes: dict[int, re.Pattern[bytes]]
    key: re.Pattern[bytes]
    value: re.Pattern[bytes]
    memo: re.Pattern[bytes]


class Expressions:
    """Those of one manner, each compiled when it is first asked for: that costs up to a tenth of a second."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self._atoms: dict[int, re.Pattern[bytes]] = {}
        self._flat: dict[int, re.Pattern[bytes]] = {}

    def atoms(self, count: int) -> re.Pattern[bytes]:
        """So many numbers, texts, bytes and memo reads."""
        if count not in self._atoms:
            self._atoms[count] = _repeated(_atom(self.manner, _LONGEST, _LONGEST), count)
        return self._atoms[count]

    def flat(self, count: int) -> re.Pattern[bytes]:
        """So many atoms or containers of at most 64 atoms."""
        if count not in self._flat:
            self._flat[count] = _repeated(_inner(self.manner), count)
        return self._flat[count]

    @cached_property
    def values(self) -> re.Pattern[bytes]:
        """Some atoms, or containers of at most 64 items, up to two deep."""
        return _repeated(_outer(self.manner), VALUES)

    @cached_property
    def empties(self) -> re.Pattern[bytes]:
        """Many empty lists and dicts."""
        return re.compile(rb"(?:[\]}]" + _memo(self.manner) + rb"){%d}+(?!\()" % EMPTIES, re.DOTALL)

    @cached_property
    def parts(self) -> Parts:
        """For containers of any depth."""
        return _parts(self.manner)

    @cached_property
    def instructions(self) -> re.Pattern[bytes]:
        """Any number of instructions of plain values, whether or not they are whole ones: where a run surely ends."""
        manner = self.manner
        any_of = _plain() + b"|" + _text(manner, _LONGEST) + b"|" + _kept(manner) + _gets(manner)
        return re.compile(b"(?:" + any_of + b")*+", re.DOTALL)


@lru_cache(_MOST_KEPT)
def expressions(manner: Manner) -> Expressions:
    """Those of a manner."""
    return Expressions(manner)


def _repeated(one: bytes, count: int) -> re.Pattern[bytes]:
    return re.compile(b"(?:" + one + b"){%d}+" % count, re.DOTALL)


def _parts(manner: Manner) -> Parts:
    memo, inner = _memo(manner), _inner(manner)
    opens = {b"}": rb"\}" + memo + rb"(\()?+", b"]": rb"\]" + memo + rb"(\()?+", b"(": rb"(\()"}
    opens[b"\x8f"] = rb"\x8f" + memo + rb"(\()"
    items = {b"}": _pair(manner, inner) + b"*+", b"]": inner + b"*+", b"(": inner + b"*+", b"\x8f": inner + b"*+"}
    closes = {b"}": b"u", b"]": b"e", b"(": b"t" + memo, b"\x8f": rb"\x90"}
    opening, holding, closing = (
        {code[0]: re.compile(each, re.DOTALL) for code, each in one.items()} for one in (opens, items, closes)
    )
    key, value, kept = (re.compile(one, re.DOTALL) for one in (_key(manner), inner, memo))
    return Parts(opening, holding, closing, key, value, kept)


def _raw() -> bytes:
    return _sized(b"C", _LONGEST, b".") + b"|" + _sized(rb"\x96", _LONGEST, b".", rb"\x00" * 7)


def _plain() -> bytes:
    """An instruction of a run that is no text, keeps nothing and reads nothing."""
    return rb"[)(\]}eustabRN\x88\x89\x81\x85-\x87\x8f-\x91]++|" + _NUMBER + b"|" + _raw()


@cache
def readers(*, framed: bool) -> Readers:
    """For runs of either way to memoize."""
    manner = Manner(framed=framed, power=0, any_text=True)
    code, zeros = (rb"\x8c", b"") if framed else (b"X", rb"\x00\x00\x00")
    text, short = b"(?:" + _text(manner, _LONGEST) + b")", _sized(b"", _LONGEST_LOOSE, b".", zeros)
    longer = _sized(code, _LONGEST, b".", zeros, first=_LONGEST_LOOSE + 1)
    raw, plain = _raw(), _plain()
    memo, codes = _kept(manner), (rb"\x94" if framed else b"[rq]")
    reads = rb"h.|j.{4}"
    skipped = plain + b"|" + text
    made = b"(?:" + text + b"|" + raw + rb"|[}\]tbR\x81\x85-\x87\x8f\x91])"
    return Readers(
        places=re.compile(b"(?:" + skipped + b")*+(?:(" + memo + b"|" + reads + rb")|\Z)", re.DOTALL),
        keeps=re.compile(b"(?:" + reads + b"|" + skipped + b")*+(?:(" + memo + rb")|\Z)", re.DOTALL),
        texts=re.compile(
            b"(?:" + memo + b"|" + reads + b"|" + plain + b"|" + longer + b")*+(?:" + code + b"(" + short + rb")|\Z)",
            re.DOTALL,
        ),
        kept=re.compile(
            b"(?:" + _NUMBER + b"|" + reads + rb"|[)(eusa\x90]|" + made + b"(?!" + codes + b"))*+"
            b"(?:(" + made + b")(?:" + memo + rb")|\Z)",
            re.DOTALL,
        ),
    )
