"""Which things kept beside a pickle are known: the storages of torch's two file layouts, and nothing else."""

from typing import Any, Protocol

from upright.modelfiles.values import Global

_ITEM = {"FloatStorage": 4, "DoubleStorage": 8, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8}
_ITEM |= {"IntStorage": 4, "ShortStorage": 2, "ComplexFloatStorage": 8, "ComplexDoubleStorage": 16, "QInt32Storage": 4}


class Storages(Protocol):
    """Says whether a persistent id names a storage of the file that is read."""

    def holds(self, value: Any) -> bool:
        """Whether ``value`` is such an id."""


class ArchiveStorages:
    """Of a torch zip: size in bytes by key."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self._sizes = sizes

    def holds(self, value: Any) -> bool:
        """``("storage", type, key, device, count)``, within the bytes of the entry."""
        read = _read(value, 5)
        return read is not None and read[0] in self._sizes and 0 <= read[1] <= self._sizes[read[0]]


class StreamStorages:
    """Of the layout before torch 1.6: all storages follow after the pickles; ``sizes`` is the bytes that they need."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}

    def holds(self, value: Any) -> bool:
        """The same with a sixth part, which must be None: views of storages are no longer written."""
        read = _read(value, 6)
        if read is None or read[1] < 0 or value[5] is not None:
            return False
        return self.sizes.setdefault(read[0], read[1]) == read[1]


def _read(value: Any, parts: int) -> tuple[str, int] | None:
    """Key and bytes of a well-formed id."""
    if not isinstance(value, tuple) or len(value) != parts or value[0] != "storage":
        return None
    _, kind, key, device, count = value[:5]
    if not isinstance(kind, Global) or kind.entry is None or kind.module not in {"torch", "torch.storage"}:
        return None
    if type(key) is not str or type(device) is not str or type(count) is not int:
        return None
    return key, count * _ITEM.get(kind.name, 1)
