"""Guards for pandas objects and the Arrow arrays inside them."""

from typing import Any

from upright.modelfiles.guards import CALL_GUARDS, GuardError, arguments, demand, is_array, is_data, is_global
from upright.modelfiles.states import BUILD_GUARDS
from upright.modelfiles.values import Box, Bytes, Global, Instance

_INDEXES = ("Index", "RangeIndex", "DatetimeIndex", "TimedeltaIndex", "CategoricalIndex", "MultiIndex")
_MANAGERS = tuple(f"pandas.core.internals.managers.{name}" for name in ("BlockManager", "SingleBlockManager"))
_FRAME_FIELDS = {"_mgr", "_typ", "_metadata", "attrs", "_flags", "_name", "_attrs"}
_BACKED_FIELDS = {"_ndarray", "_dtype", "_freq", "_cache", "_readonly"}
_STRINGS = {"string", "large_string", "utf8", "large_utf8"}


def _index(of: Global, args: Any) -> Any:
    """``_new_Index(cls, d)``: the class is an index, the keywords are plain names."""
    cls, keywords = arguments(args, 2)
    demand(isinstance(cls, Global) and cls.entry is not None, "the index class is not on the list")
    demand(cls.name in _INDEXES and cls.module.partition(".")[0] == "pandas", "the class is no index")
    demand(isinstance(keywords, Box) and keywords.kind == "dict", "the keywords are no dict")
    demand(keywords.odd_key is None, "the keywords are not plain names")
    return Instance(of)


def _backed(_of: Global, args: Any) -> Any:
    """Cython's way to rebuild an array class; the state comes after."""
    cls, checksum, state = arguments(args, 3)
    if not isinstance(cls, Global) or cls.entry is None:
        raise GuardError("the class is not on the list")
    demand(cls.entry.build_guard == "pandas_backed", "the class is not backed by an array")
    demand(type(checksum) is int, "the checksum is no number")
    demand(state is None, "a state before its time")
    return Instance(cls)


def _arrow_array(of: Global, args: Any) -> Any:
    """``(type, length, nulls, offset, buffers, children, dictionary)``; only texts in flat buffers."""
    (data,) = arguments(args, 1)
    kind, *counts, buffers, children, dictionary = arguments(data, 7)
    demand(isinstance(kind, Instance) and kind.of.path == "pyarrow.lib.type_for_alias", "an unknown type")
    demand(all(type(n) is int and n >= -1 for n in counts), "its lengths are no numbers")
    demand(isinstance(buffers, Box) and buffers.kind == "list", "its buffers are no list")
    demand(isinstance(children, Box) and children.kind == "list" and dictionary is None, "a nested array")
    return Instance(of)


def _arrow_type(of: Global, args: Any) -> Any:
    (name,) = arguments(args, 1)
    demand(isinstance(name, str) and name in _STRINGS, "another type than text")
    return Instance(of)


def _arrow_buffer(of: Global, args: Any) -> Any:
    (raw,) = arguments(args, 1)
    demand(isinstance(raw, Bytes) or (isinstance(raw, Box) and raw.kind == "bytearray"), "the data are no bytes")
    return Instance(of)


def _offset(of: Global, args: Any) -> Any:
    for value in arguments(args, 0, 1, 2):
        demand(type(value) in {int, bool}, "the offset is no number")
    return Instance(of)


def _frame_state(_target: Instance, state: Any) -> None:
    if not isinstance(state, Box) or state.items is None:
        raise GuardError("it is no plain dict")
    demand(state.odd_key is None and set(state.items) <= _FRAME_FIELDS, "other fields than a frame's")
    manager = state.items.get("_mgr")
    demand(isinstance(manager, Instance) and manager.of.path in _MANAGERS, "its data are no block manager")
    flags = state.items.get("_flags")
    known = {"allows_duplicate_labels"}
    demand(isinstance(flags, Box) and flags.odd_key is None and set(flags.items or {}) <= known, "unknown flags")


def _backed_state(_target: Instance, state: Any) -> None:
    fields = state
    if isinstance(state, tuple):
        demand(len(state) in {2, 3}, "it is not pandas' tuple")
        demand(any(is_array(part) for part in state[:2]), "it holds no array")
        if len(state) == 2:
            return
        fields = state[2]
    demand(isinstance(fields, Box) and fields.kind == "dict" and fields.items is not None, "its fields are no dict")
    demand(fields.odd_key is None and set(fields.items) <= _BACKED_FIELDS, "other fields than an array's")


def _series_manager_state(_target: Instance, state: Any) -> None:
    demand(isinstance(state, tuple) and len(state) == 4 and isinstance(state[3], Box), "it is not pandas' tuple")
    demand(set(state[3].items or {}) == {"0.14.1"}, "an unknown version")


def _block(of: Global, args: Any) -> Any:
    values, placement, ndim = arguments(args, 3)
    demand(isinstance(values, Instance), "its values are no array")
    sliced = isinstance(placement, Instance) and is_global(placement.of, "builtins.slice")
    demand(sliced or is_array(placement), "its place is no slice and no array")
    demand(type(ndim) is int, "its dimension is no number")
    return Instance(of)


def _manager(of: Global, args: Any) -> Any:
    blocks, axes = arguments(args, 2)
    made = isinstance(blocks, tuple) and all(isinstance(b, Instance) for b in blocks)
    demand(made or is_data(blocks), "its blocks are no blocks")
    demand(isinstance(axes, Box) and axes.kind == "list", "its axes are no list")
    return Instance(of)


CALL_GUARDS |= {
    "pandas_index": _index,
    "pandas_backed": _backed,
    "pandas_block": _block,
    "pandas_manager": _manager,
    "pandas_offset": _offset,
    "arrow_array": _arrow_array,
    "arrow_type": _arrow_type,
    "arrow_buffer": _arrow_buffer,
}
BUILD_GUARDS |= {
    "pandas_frame": _frame_state,
    "pandas_backed": _backed_state,
    "pandas_series_manager": _series_manager_state,
}
