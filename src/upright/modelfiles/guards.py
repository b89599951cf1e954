"""What the listed globals may be called with, and which states they may take: beyond this the file is not clean.

Each guard knows the few shapes that the library itself writes. The list is safe without them as far as code goes
(no listed global imports, evaluates or looks up a name); guards also keep out states that numpy would believe
although they lie about memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from upright.modelfiles.dtypes import DtypeError, DtypeFacts, count_of, simple_dtype
from upright.modelfiles.values import (
    LONG_TEXT,
    LONG_TUPLE,
    Box,
    Bytes,
    Global,
    Instance,
    Some,
    Unknown,
)


class GuardError(Exception):
    """Not a shape that the library writes."""


CallGuard = Callable[[Global, Any], Any]
BuildGuard = Callable[[Instance, Any], None]
_ITEM_REFCOUNT_AND_PICKLE = 0x3F & ~0x18
_OBJECT_FLAGS = 63


def demand(holds: bool, why: str) -> None:
    """Raises GuardError unless ``holds``."""
    if not holds:
        raise GuardError(why)


def is_global(value: Any, *names: str) -> bool:
    """Whether a value is one of these listed globals."""
    return isinstance(value, Global) and value.entry is not None and value.path in names


def is_instance(value: Any, *names: str) -> bool:
    """Whether a value was made by one of these listed globals."""
    return isinstance(value, Instance) and value.of.path in names


def is_data(value: Any) -> bool:
    """Plain data: nothing that has methods of somebody's choosing."""
    if isinstance(value, tuple):
        return all(is_data(part) for part in value)
    return value is None or isinstance(value, str | int | float | Bytes | Some | Box)


def is_array(value: Any) -> bool:
    """A numpy array or number."""
    return isinstance(value, Instance) and isinstance(value.facts, ArrayFacts)


@dataclass(frozen=True, slots=True)
class ArrayFacts:
    """Marks an instance as a numpy array; ``dtype`` and ``count`` of items are known once its state is."""

    dtype: DtypeFacts | None = None
    count: int | None = None


def arguments(args: Any, *sizes: int) -> tuple[Any, ...]:
    """The arguments as a tuple of one of these lengths."""
    demand(isinstance(args, tuple), "its arguments are not a short tuple")
    demand(len(args) in sizes, f"it has {len(args)} arguments")
    found: tuple[Any, ...] = args
    return found


def facts_of(value: Any) -> DtypeFacts:
    """Of a dtype object."""
    demand(isinstance(value, Instance) and isinstance(value.facts, DtypeFacts), "the dtype is not a known one")
    facts: DtypeFacts = value.facts
    return facts


# Calls ----------------------------------------------------------------------------------------------------------


def _no_arguments(of: Global, args: Any) -> Any:
    arguments(args, 0)
    return Instance(of)


def _data_arguments(of: Global, args: Any) -> Any:
    """Up to eight arguments of plain data, arrays, or listed globals."""
    for value in arguments(args, *range(9)):
        demand(
            is_data(value) or is_array(value) or isinstance(value, Global | Instance), "an argument is not plain data"
        )
        demand(not isinstance(value, Global) or value.entry is not None, "an argument is not on the list")
    return Instance(of, args)


def _plain_arguments(of: Global, args: Any) -> Any:
    for value in arguments(args, *range(9)):
        demand(is_data(value), "an argument is not plain data")
    return Instance(of, args)


def _one_list(of: Global, args: Any) -> Any:
    for value in arguments(args, 0, 1):
        demand(isinstance(value, Box | tuple), "its argument is no list")
    return Box(of.name) if of.name in {"set", "frozenset", "list", "dict"} else Instance(of)


def _bytes_maker(of: Global, args: Any) -> Any:
    """``bytes()`` and ``bytearray(bytes)``; a number would reserve that much memory."""
    values = arguments(args, 0, 1) if isinstance(args, tuple) and len(args) < 2 else arguments(args, 2)
    if len(values) == 2:
        demand(isinstance(values[0], str) or values[0] is LONG_TEXT, "it encodes no text")
        demand(values[1] == "latin-1", "another encoding than latin-1")
    elif values:
        demand(isinstance(values[0], Bytes | Box), "its argument is no bytes")
    return Box("bytearray") if of.name == "bytearray" else Bytes(-1 if values else 0)


def _encode(_of: Global, args: Any) -> Any:
    """How protocols 0 to 2 write bytes; another codec would import a module by name."""
    text, encoding = arguments(args, 2)
    demand(encoding in {"latin1", "latin-1"}, "another encoding than latin1")
    demand(isinstance(text, str) or text is LONG_TEXT, "it encodes no text")
    return Bytes(len(text) if isinstance(text, str) else -1)


def _reconstructor(_of: Global, args: Any) -> Any:
    """How protocols 0 and 1 make an instance of a Python class."""
    cls, base, state = arguments(args, 3)
    if not isinstance(cls, Global) or cls.entry is None:
        raise GuardError("the class is not on the list")
    demand("new" in cls.entry.uses, "the class is not reviewed to be instantiated empty")
    if is_global(base, "builtins.object"):
        demand(state is None, "object takes no state")
    else:
        demand(is_global(base, "builtins.dict") and "items" in cls.entry.uses, "the base is neither object nor dict")
        demand(isinstance(state, Box), "the state of a dict is no dict")
    return Instance(cls)


def _dtype(of: Global, args: Any) -> Any:
    code, *flags = arguments(args, 1, 3)
    demand(isinstance(code, str), "the type code is no text")
    demand(all(flag in {0, 1} for flag in flags if isinstance(flag, int)), "the flags are not 0 or 1")
    demand(all(isinstance(flag, int) for flag in flags), "the flags are no numbers")
    try:
        return Instance(of, args, facts=simple_dtype(code))
    except DtypeError as why:
        raise GuardError(str(why)) from None


def _reconstruct(of: Global, args: Any) -> Any:
    cls, shape, code = arguments(args, 3)
    demand(is_global(cls, "numpy.ndarray", "numpy.matrix"), "the class is no plain array")
    demand(shape == (0,) and isinstance(code, str | Bytes), "the empty array is not empty")
    return Instance(of, facts=ArrayFacts())


def _masked(of: Global, args: Any) -> Any:
    cls, base, shape, code = arguments(args, 4)
    demand(is_global(cls, "numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"), "the class is no masked array")
    demand(is_global(base, "numpy.ndarray"), "the base is no plain array")
    demand(shape == (0,) and isinstance(code, str | Bytes), "the empty array is not empty")
    return Instance(of, facts=ArrayFacts())


def _scalar(of: Global, args: Any) -> Any:
    dtype, raw = arguments(args, 2)
    facts = facts_of(dtype)
    demand(not facts.objects, "a number that holds an object")
    demand(isinstance(raw, Bytes) and raw.size in {-1, facts.size}, "its bytes do not fit its dtype")
    return Instance(of, facts=ArrayFacts(facts, 1))


def _from_buffer(of: Global, args: Any) -> Any:
    raw, dtype, shape, order, *_ = arguments(args, 4, 5)
    facts = facts_of(dtype)
    demand(isinstance(raw, Bytes) or (isinstance(raw, Box) and raw.kind == "bytearray"), "the data are no bytes")
    demand(not facts.objects, "raw bytes taken for objects")
    demand(order in {"C", "F", "K", "A"}, "an unknown order")
    return Instance(of, facts=ArrayFacts(facts, _count(shape)))


def _count(shape: Any) -> int:
    try:
        return count_of(shape)
    except DtypeError as why:
        raise GuardError(str(why)) from None


def _bit_generator(of: Global, args: Any) -> Any:
    for value in arguments(args, 0, 1):
        named = isinstance(value, Global) and value.module.startswith("numpy.random._") and value.entry is not None
        demand(named or value in {"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"}, "an unknown bit generator")
    return Instance(of)


def _generator(of: Global, args: Any) -> Any:
    first, *maker = arguments(args, 1, 2)
    known = "numpy.random._pickle.__bit_generator_ctor"
    demand(is_instance(first, known) or isinstance(first, str), "an unknown bit generator")
    demand(not maker or is_global(maker[0], known), "another maker than numpy's own")
    return Instance(of)


def _makes_listed(of: Global, args: Any) -> Any:
    """``newObj(cls)`` and Cython's ``__pyx_unpickle_X(cls, checksum, state)``: only classes of the same module."""
    cls, *rest = arguments(args, 1, 3)
    if not isinstance(cls, Global) or cls.entry is None:
        raise GuardError("the class is not on the list")
    demand(cls.module == of.module, "the class is of another module")
    demand(not rest or type(rest[0]) is int, "the checksum is no number")
    demand(not rest or is_data(rest[1]) or is_array(rest[1]), "the state is not plain data")
    return Instance(cls)


def _tree(of: Global, args: Any) -> Any:
    features, classes, outputs = arguments(args, 3)
    demand(type(features) is int and features >= 0, "the number of features is no number")
    demand(type(outputs) is int and 0 < outputs < 2**31, "the number of outputs is no number")
    demand(is_array(classes), "the numbers of classes are no array")
    demand(classes.facts.count is None or classes.facts.count >= outputs, "fewer numbers of classes than outputs")
    return Instance(of)


def _pandas_index(of: Global, args: Any) -> Any:
    cls, state = arguments(args, 2)
    demand(isinstance(cls, Global) and cls.entry is not None, "the index class is not on the list")
    demand(cls.module.startswith("pandas.core.indexes."), "the class is no index")
    demand(
        isinstance(state, Box) and state.kind == "dict" and state.odd_key is None, "the index state is no plain dict"
    )
    return Instance(of)


def _torch_tensor(of: Global, args: Any) -> Any:
    values = arguments(args, 6, 7)
    demand(isinstance(values[0], Instance) and values[0].facts == "storage", "the tensor has no storage of this file")
    demand(type(values[1]) is int and values[1] >= 0, "the offset is no number")
    _count(values[2])
    _count(values[3])
    demand(type(values[4]) is bool, "requires_grad is no boolean")
    demand(is_instance(values[5], "collections.OrderedDict"), "the hooks are no OrderedDict")
    demand(len(values) == 6 or values[6] is None, "it carries metadata")
    return Instance(of, facts="tensor")


def _torch_parameter(of: Global, args: Any) -> Any:
    tensor, grad, hooks = arguments(args, 3)
    demand(isinstance(tensor, Instance) and tensor.facts == "tensor", "the parameter has no tensor")
    demand(type(grad) is bool and is_instance(hooks, "collections.OrderedDict"), "unusual gradients or hooks")
    return Instance(of, facts="tensor")


CALL_GUARDS: dict[str, CallGuard] = {
    "none": _no_arguments,
    "data": _data_arguments,
    "plain": _plain_arguments,
    "one_list": _one_list,
    "bytes": _bytes_maker,
    "encode": _encode,
    "reconstructor": _reconstructor,
    "dtype": _dtype,
    "reconstruct": _reconstruct,
    "masked": _masked,
    "scalar": _scalar,
    "from_buffer": _from_buffer,
    "bit_generator": _bit_generator,
    "generator": _generator,
    "makes_listed": _makes_listed,
    "tree": _tree,
    "pandas_index": _pandas_index,
    "torch_tensor": _torch_tensor,
    "torch_parameter": _torch_parameter,
}


# States ---------------------------------------------------------------------------------------------------------


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
    count = _count(shape)
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
    _count(held["shape"])
    target.facts = facts_of(held["dtype"])


def _tree_state(_target: Instance, state: Any) -> None:
    _attributes(_target, state)
    held = state.items or {}
    demand(set(held) == {"max_depth", "node_count", "nodes", "values"}, "other fields than a tree's")
    demand(type(held["node_count"]) is int and held["node_count"] >= 0, "the number of nodes is no number")
    demand(is_array(held["nodes"]) and is_array(held["values"]), "nodes or values are no arrays")
    room = held["nodes"].facts.count
    demand(room is not None and held["node_count"] <= room, "more nodes counted than there are")


BUILD_GUARDS: dict[str, BuildGuard] = {
    "attributes": _attributes,
    "data": _any_data,
    "dtype": _dtype_state,
    "array": _array_state,
    "masked": _masked_state,
    "joblib_array": _joblib_array,
    "tree": _tree_state,
}
