"""Which states the listed globals may take: beyond this the file is not clean."""

from collections.abc import Callable
from typing import Any

from upright.modelfiles.dtypes import DtypeFacts
from upright.modelfiles.guards import (
    ArrayFacts,
    GuardError,
    checked_count,
    demand,
    facts_of,
    is_array,
    is_data,
    is_global,
)
from upright.modelfiles.values import LONG_TUPLE, Box, Bytes, Instance, LongText, Unknown

BuildGuard = Callable[[Instance, Any], None]
_ITEM_REFCOUNT_AND_PICKLE = 0x3F & ~0x18
_OBJECT_FLAGS = 63
BOOSTERS = frozenset({"xgboost", "lightgbm"})
"""Build guards of what holds a booster, whose bytes are read as a file of its own."""


def _attributes(_target: Instance, state: Any) -> None:
    """A dict of attributes with plain names: it ends in the instance's own ``__dict__``."""
    if not isinstance(state, Box) or state.kind != "dict":
        raise GuardError("it is no plain dict, so it could set class or properties")
    demand(state.odd_key is None, f"it sets {state.odd_key}")


def _any_data(_target: Instance, state: Any) -> None:
    """For classes whose ``__setstate__`` reads fixed fields."""
    if isinstance(state, Box):
        _attributes(_target, state)
        return
    demand(isinstance(state, tuple) or state is LONG_TUPLE, "it is neither dict nor tuple")
    parts = state if isinstance(state, tuple) else ()
    demand(not any(isinstance(part, Unknown) for part in parts), "a part of it is not known")


def _dtype_state(target: Instance, state: Any) -> None:
    facts = facts_of(target)
    demand(isinstance(state, tuple) and len(state) in {8, 9}, "it is not numpy's tuple")
    version, order, subarray, names, fields, size, align, flags, *metadata = state
    demand(version in {3, 4} and order in {"<", ">", "|", "=", None}, "an unknown version or byte order")
    demand(subarray is None, "a dtype of arrays")
    demand(all(type(n) is int for n in (size, align, flags)), "its sizes are no numbers")
    demand(not metadata or is_data(metadata[0]), "its metadata are not plain")
    if names is None or fields is None:
        demand(names is None and fields is None, "names without fields")
        _plain_dtype_state(target, facts, size, flags)
        return
    demand(facts.kind == "V", "fields of a simple type")
    demand(not flags & _ITEM_REFCOUNT_AND_PICKLE, "fields that hold objects")
    demand(0 < size < 2**31, "its size is out of range")
    _fields(names, fields, size)
    target.facts = DtypeFacts("V", size, objects=False)


def _plain_dtype_state(target: Instance, facts: DtypeFacts, size: int, flags: int) -> None:
    if facts.objects:
        demand(flags == _OBJECT_FLAGS and size in {-1, 8, 4}, "objects that are not marked as such")
        return
    demand(not flags & _ITEM_REFCOUNT_AND_PICKLE, "raw bytes marked as objects")
    if size != -1:
        demand(facts.kind in "SUV" and 0 <= size < 2**31, "it changes the size of a simple type")
        target.facts = DtypeFacts(facts.kind, size, objects=False)


def _fields(names: Any, fields: Any, size: int) -> None:
    demand(isinstance(names, tuple) and isinstance(fields, Box) and fields.items is not None, "unknown fields")
    demand(len(names) == len(set(names)) == len(fields.items), "names and fields differ")
    for name in names:
        field = fields.items.get(name)
        demand(isinstance(field, tuple) and len(field) in {2, 3} and type(field[1]) is int, "an unknown field")
        facts = facts_of(field[0])
        demand(not facts.objects, "a field that holds objects")
        demand(field[1] >= 0 and field[1] + facts.size <= size, "a field outside the item")


def _array_state(target: Instance, state: Any) -> None:
    demand(isinstance(state, tuple) and len(state) == 5, "it is not numpy's tuple")
    version, shape, dtype, fortran, data = state
    demand(version in {0, 1} and fortran in {True, False}, "an unknown version")
    count = checked_count(shape)
    facts = facts_of(dtype)
    if facts.objects:
        demand(isinstance(data, Box) and data.kind == "list", "objects that are no list")
    else:
        demand(isinstance(data, Bytes), "data that are no bytes")
        demand(data.size in {-1, count * facts.size}, "its bytes do not fit shape and dtype")
    target.facts = ArrayFacts(facts, count)


def _masked_state(target: Instance, state: Any) -> None:
    demand(isinstance(state, tuple) and len(state) == 7, "it is not numpy's tuple")
    _, shape, dtype, fortran, data, mask, _fill = state
    _array_state(target, (1, shape, dtype, fortran, data))
    demand(isinstance(mask, Bytes), "a mask that is no bytes")


def _joblib_array(target: Instance, state: Any) -> None:
    _attributes(target, state)
    held = state.items or {}
    known = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}
    demand({"subclass", "shape", "order", "dtype"} <= set(held) <= known, "other attributes than joblib's")
    demand(is_global(held["subclass"], "numpy.ndarray", "numpy.matrix"), "the class is no plain array")
    demand(held["order"] in {"C", "F"}, "an unknown order")
    demand(held.get("allow_mmap", True) in {True, False}, "allow_mmap is no boolean")
    demand(held.get("numpy_array_alignment_bytes") in {None, 16}, "another alignment than joblib's")
    checked_count(held["shape"])
    target.facts = facts_of(held["dtype"])


def _tree_state(_target: Instance, state: Any) -> None:
    _attributes(_target, state)
    held = state.items or {}
    demand(set(held) == {"max_depth", "node_count", "nodes", "values"}, "other fields than a tree's")
    demand(type(held["node_count"]) is int and held["node_count"] >= 0, "the number of nodes is no number")
    demand(is_array(held["nodes"]) and is_array(held["values"]), "nodes or values are no arrays")
    room = held["nodes"].facts.count
    demand(room is not None and held["node_count"] <= room, "more nodes counted than there are")


def _xgboost_booster(target: Instance, state: Any) -> None:
    """``Booster.__setstate__`` hands the bytes under ``handle`` to the native library, which reads them here too."""
    _attributes(target, state)
    demand(state.items is not None and "handle" in state.items, "it has no handle")
    handle = state.items["handle"]
    demand(handle is None or (isinstance(handle, Box) and handle.kind == "bytearray"), "its handle is no bytearray")


def _lightgbm_booster(target: Instance, state: Any) -> None:
    """The same with the text under ``_handle``; ``handle`` is where LightGBM before 4 kept it."""
    _attributes(target, state)
    demand(state.items is not None, "it has too many attributes")
    held = [state.items[name] for name in ("_handle", "handle") if name in state.items]
    demand(len(held) == 1, "it has not one handle")
    demand(held[0] is None or isinstance(held[0], str | LongText), "its handle is no text")


BUILD_GUARDS: dict[str, BuildGuard] = {
    "attributes": _attributes,
    "data": _any_data,
    "dtype": _dtype_state,
    "array": _array_state,
    "masked": _masked_state,
    "joblib_array": _joblib_array,
    "tree": _tree_state,
    "xgboost": _xgboost_booster,
    "lightgbm": _lightgbm_booster,
}
