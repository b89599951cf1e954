"""A part of a file, in place: nothing is copied until it is needed."""

import mmap
from dataclasses import dataclass

_FORGET = 1 << 24
Buffer = bytes | mmap.mmap


@dataclass(frozen=True, slots=True)
class Window:
    """The bytes ``start`` to ``stop`` of ``buffer``."""

    buffer: Buffer
    start: int
    stop: int

    @classmethod
    def over(cls, buffer: Buffer) -> "Window":
        """All of a buffer."""
        return cls(buffer, 0, len(buffer))

    def __len__(self) -> int:
        return self.stop - self.start

    def read(self, offset: int, count: int) -> bytes:
        """Up to ``count`` bytes from ``offset`` of this window."""
        first = self.start + offset
        return self.buffer[first : min(first + count, self.stop)]

    def part(self, offset: int, count: int) -> "Window":
        """A window within this one; both ends must lie inside."""
        if offset < 0 or count < 0 or offset + count > len(self):
            raise ValueError(f"{offset} + {count} lies outside {len(self)} bytes")
        return Window(self.buffer, self.start + offset, self.start + offset + count)

    def forget(self, place: int) -> None:
        """Lets the system take back the memory of a mapped file before ``place``; it can be read again."""
        if isinstance(self.buffer, mmap.mmap) and place > _FORGET and hasattr(mmap, "MADV_DONTNEED"):
            self.buffer.madvise(mmap.MADV_DONTNEED, 0, place // mmap.PAGESIZE * mmap.PAGESIZE)

    def all(self) -> bytes:
        """A copy of every byte."""
        return self.buffer[self.start : self.stop]
