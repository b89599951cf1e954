"""HDF5 as Keras writes it, read by structure: groups, plain data sets, attributes; anything else is not examined.

What could lead out of the file (external links, external or virtual storage) and what needs plug-ins (filters) is
refused by its message type. Source: "HDF5 File Format Specification", version 3.0, sections II to IV.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from upright.modelfiles.window import Window

SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNDEFINED = 0xFFFFFFFFFFFFFFFF
_MOST_OBJECTS = 200_000
_LONGEST_TEXT = 256 * 2**20
_SPARE = 1 << 16
"""Bytes that may be taken beyond twice the file: no writer lets its structures overlap."""
_MOST_TEXTS = 100_000
_GROUP_LEAF, _GROUP_NODE = 4, 16
_REFUSED = {
    0x02: "a new-style group",
    0x06: "a link of a new-style group",
    0x07: "data kept in other files",
    0x0B: "filters, which may be plug-ins",
    0x0F: "shared messages",
    0x15: "attributes kept elsewhere",
    0x17: "a file-space table",
}
_IGNORED = {0x00, 0x04, 0x05, 0x0A, 0x0D, 0x0E, 0x12, 0x13, 0x16}


class Hdf5Error(ValueError):
    """Not HDF5 of the kind that is understood; ``at`` is where."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


@dataclass(frozen=True, slots=True)
class Attribute:
    """A text attribute: the object it stands on, its name, its texts."""

    owner: str
    name: str
    texts: tuple[bytes, ...]


@dataclass(slots=True)
class Contents:
    """What a file holds: attributes with texts, data sets of texts, and the extents that anything accounts for."""

    attributes: list[Attribute] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)


class _File:
    def __init__(self, window: Window) -> None:
        self.window = window
        self.found = Contents()
        self.objects = 0
        self.taken = 0
        self.heaps: dict[int, dict[int, bytes]] = {}
        self.seen: set[int] = set()

    def take(self, at: int, size: int) -> bytes:
        """Bytes that are now accounted for."""
        if at < 0 or size < 0 or at + size > len(self.window):
            raise Hdf5Error("something lies beyond the end", max(at, 0))
        self.taken += size
        if self.taken > 2 * len(self.window) + _SPARE:
            raise Hdf5Error("its parts lie over each other", at)
        self.found.extents.append((at, at + size))
        return self.window.read(at, size)

    # Objects ------------------------------------------------------------------------------------------------

    def superblock(self) -> int:
        head = self.take(0, 96)
        if head[:8] != SIGNATURE or head[8] != 0:
            raise Hdf5Error(f"superblock version {head[8]} is not read", 8)
        if head[13] != 8 or head[14] != 8:
            raise Hdf5Error("addresses are not 8 bytes wide", 13)
        global_k = _u(head, 16, 2), _u(head, 18, 2)
        if global_k != (_GROUP_LEAF, _GROUP_NODE):
            raise Hdf5Error("unusual sizes of its tables", 16)
        base, free, end, driver = (_u(head, at, 8) for at in (24, 32, 40, 48))
        if base or driver != UNDEFINED or free != UNDEFINED or end != len(self.window):
            raise Hdf5Error(f"it says that it has {end} bytes, or has a driver, and there are {len(self.window)}", 24)
        return _u(head, 64, 8)

    def object(self, at: int, name: str) -> None:
        self.objects += 1
        if at in self.seen or self.objects > _MOST_OBJECTS:
            raise Hdf5Error("an object stands in two places, or there are too many", at)
        self.seen.add(at)
        head = self.take(at, 16)
        if head[0] != 1:
            raise Hdf5Error("an object header of another version", at)
        kind, layout = b"", b""
        for number, data, where in self.messages(at + 16, _u(head, 8, 4), _u(head, 2, 2)):
            if number in _REFUSED:
                raise Hdf5Error(f"it has {_REFUSED[number]}", where)
            if number == 0x11:
                self.group(_u(data, 0, 8), _u(data, 8, 8), name)
            elif number == 0x0C:
                self.attribute(data, name, where)
            elif number == 0x03:
                kind = data
            elif number == 0x08:
                layout = data
            elif number not in _IGNORED | {0x01}:
                raise Hdf5Error(f"a message of type {number:#x} is not known", where)
        if layout:
            self.dataset(kind, layout, name, at)

    def messages(self, at: int, size: int, count: int) -> Iterator[tuple[int, bytes, int]]:
        blocks = [(at, size)]
        read = 0
        while blocks:
            start, length = blocks.pop(0)
            block = self.take(start, length)
            pos = 0
            while pos + 8 <= length:
                number, extent, flags = _u(block, pos, 2), _u(block, pos + 2, 2), block[pos + 4]
                data = block[pos + 8 : pos + 8 + extent]
                if len(data) < extent or flags & 2:
                    raise Hdf5Error("a message is damaged or shared", start + pos)
                read += 1
                if read > count:
                    break
                if number == 0x10:
                    blocks.append((_u(data, 0, 8), _u(data, 8, 8)))
                else:
                    yield number, data, start + pos
                pos += 8 + extent
        if read != count:
            raise Hdf5Error(f"an object has {read} messages and says {count}: its reader takes them all", at)

    # Groups -------------------------------------------------------------------------------------------------

    def group(self, tree: int, heap: int, name: str) -> None:
        head = self.take(heap, 32)
        if head[:4] != b"HEAP":
            raise Hdf5Error("a group has no names", heap)
        names = self.take(_u(head, 24, 8), _u(head, 8, 8))
        for table in self.leaves(tree, 0, 0):
            self.table(table, names, name)

    def leaves(self, at: int, kind: int, depth: int) -> Iterator[int]:
        size = 24 + (2 * _GROUP_NODE + 1) * 8 + 2 * _GROUP_NODE * 8
        node = self.take(at, size)
        if node[:4] != b"TREE" or node[4] != kind or depth > 8:
            raise Hdf5Error("a tree is damaged", at)
        used = _u(node, 6, 2)
        if used > 2 * _GROUP_NODE:
            raise Hdf5Error("a tree has more branches than room", at)
        for index in range(used):
            child = _u(node, 24 + 8 + index * 16, 8)
            if node[5] == 0:
                yield child
            else:
                yield from self.leaves(child, kind, depth + 1)

    def table(self, at: int, names: bytes, parent: str) -> None:
        block = self.take(at, 8 + 2 * _GROUP_LEAF * 40)
        count = _u(block, 6, 2)
        if block[:4] != b"SNOD" or count > 2 * _GROUP_LEAF:
            raise Hdf5Error("a table of names is damaged", at)
        for index in range(count):
            entry = block[8 + index * 40 : 48 + index * 40]
            if _u(entry, 16, 4) == 2:
                raise Hdf5Error("it has a symbolic link", at)
            first = _u(entry, 0, 8)
            name = names[first : names.find(b"\0", first)].decode("utf-8", "replace")
            self.object(_u(entry, 8, 8), f"{parent}/{name}")

    # Data ---------------------------------------------------------------------------------------------------

    def dataset(self, kind: bytes, layout: bytes, name: str, at: int) -> None:
        if len(layout) < 2 or layout[0] != 3 or layout[1] not in {0, 1}:
            raise Hdf5Error("data in chunks or of another layout", at)
        if not kind or _class(kind) not in {0, 1, 3, 8}:
            raise Hdf5Error(f"data of class {_class(kind) if kind else 'none'}, which is not read", at)
        if _class(kind) == 3:
            self.found.datasets.append(name)
        if layout[1] == 1 and _u(layout, 2, 8) != UNDEFINED:
            first, size = _u(layout, 2, 8), _u(layout, 10, 8)
            if first + size > len(self.window):
                raise Hdf5Error("data beyond the end", first)
            self.found.extents.append((first, first + size))

    def attribute(self, data: bytes, owner: str, at: int) -> None:
        version = _u(data, 0, 1)
        if version not in {1, 2, 3} or (version > 1 and _u(data, 1, 1)):
            raise Hdf5Error("an attribute of another form", at)
        sizes = [_u(data, index, 2) for index in (2, 4, 6)]
        pos, parts = (9 if version == 3 else 8), []
        for size in sizes:
            parts.append(data[pos : pos + size])
            pos += (size + 7) // 8 * 8 if version == 1 else size
        name, kind, space = parts
        if len(data) < pos or len(kind) < 8:
            raise Hdf5Error("an attribute is damaged", at)
        shown = name.partition(b"\0")[0].decode("utf-8", "replace")
        count = _count(space, at)
        self.found.attributes.append(Attribute(owner, shown, tuple(self.texts(kind, data[pos:], count, at))))

    def texts(self, kind: bytes, raw: bytes, count: int, at: int) -> Iterator[bytes]:
        size = _u(kind, 4, 4)
        if size * count > len(raw) or count > _MOST_TEXTS:
            raise Hdf5Error("an attribute holds less than it says", at)
        cls = _class(kind)
        if cls == 3:
            for index in range(count):
                yield raw[index * size : (index + 1) * size].rstrip(b"\0")
        elif cls == 9:
            if kind[1] & 15 != 1:
                raise Hdf5Error("an attribute of sequences", at)
            for index in range(count):
                part = raw[index * size : (index + 1) * size]
                yield self.heap(_u(part, 4, 8), at).get(_u(part, 12, 4), b"")[: _u(part, 0, 4)]
        elif cls not in {0, 1, 8}:
            raise Hdf5Error(f"an attribute of class {cls}, which is not read", at)

    def heap(self, at: int, where: int) -> dict[int, bytes]:
        """The objects of a global heap; address 0 is an empty text."""
        if at in {0, UNDEFINED}:
            return {}
        if at in self.heaps:
            return self.heaps[at]
        head = self.window.read(at, 16)
        size = _u(head, 8, 8) if len(head) == 16 else 0
        if head[:4] != b"GCOL" or not 16 <= size <= _LONGEST_TEXT:
            raise Hdf5Error("a text is not where it should be", where)
        block, found, pos = self.take(at, size), {}, 16
        while pos + 16 <= size:
            index, length = _u(block, pos, 2), _u(block, pos + 8, 8)
            room = length if index == 0 else 16 + (length + 7) // 8 * 8
            if index in found or pos + room > size or (index == 0 and pos + room != size):
                raise Hdf5Error("texts lie behind free room, over the end, or twice", at + pos)
            found[index] = block[pos + 16 : pos + 16 + length]
            pos += room
        self.heaps[at] = found
        return found


def _u(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise Hdf5Error("a structure is shorter than it must be", at)
    return int.from_bytes(data[at : at + size], "little")


def _class(kind: bytes) -> int:
    return kind[0] & 15


def _count(space: bytes, at: int) -> int:
    if len(space) < 4 or space[0] not in {1, 2}:
        raise Hdf5Error("an attribute has no known extent", at)
    if space[0] == 2 and space[3] == 2:
        return 0
    first, count = (8 if space[0] == 1 else 4), 1
    for index in range(space[1]):
        count *= _u(space, first + 8 * index, 8)
    return count


def read_hdf5(window: Window) -> Contents:
    """Everything in the file, and which bytes it takes.

    Raises:
        Hdf5Error: it holds what is not understood.
    """
    file = _File(window)
    file.object(file.superblock(), "")
    return file.found


def unclaimed(contents: Contents, window: Window, most: int = 1 << 16) -> Iterator[tuple[int, int]]:
    """The gaps between what is accounted for, as (offset, size), of those with anything but noughts in them."""
    at = 0
    for start, end in (*sorted(contents.extents), (len(window), len(window))):
        for part in range(at, start, most):
            if any(window.read(part, min(most, start - part))):
                yield at, start - at
                break
        at = max(at, end)
