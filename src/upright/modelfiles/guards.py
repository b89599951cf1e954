"""What the listed globals may be called with: beyond this the file is not clean.

Each guard knows the few shapes that the library itself writes. The list is safe without them as far as code goes
(no listed global imports, evaluates or looks up a name); guards also keep out states that numpy would believe
although they lie about memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from upright.modelfiles.dtypes import DtypeError, DtypeFacts, count_of, simple_dtype
from upright.modelfiles.values import (
    FLOAT,
    Box,
    Bytes,
    Global,
    Instance,
    LongText,
    Some,
)

_TORCH_NEWER_DTYPES = (
    *("torch.uint16", "torch.uint32", "torch.uint64", "torch.complex32"),
    *(f"torch.float8_{kind}" for kind in ("e4m3fn", "e4m3fnuz", "e5m2", "e5m2fnuz", "e8m0fnu")),
)
_TORCH_LAYOUTS = {"torch.strided", "torch.jagged"}
_TORCH_LAYOUTS |= {f"torch.sparse_{kind}" for kind in ("coo", "csr", "csc", "bsr", "bsc")}


class GuardError(Exception):
    """Not a shape that the library writes."""


CallGuard = Callable[[Global, Any], Any]


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
    """Plain data, or small values that were themselves made of plain data."""
    for value in arguments(args, *range(9)):
        small = isinstance(value, Instance) and value.of.entry is not None and value.of.entry.call_guard == "plain"
        demand(small or is_data(value), "an argument is not plain data")
    return Instance(of, args)


def _one_list(of: Global, args: Any) -> Any:
    for value in arguments(args, 0, 1):
        demand(isinstance(value, Box | tuple), "its argument is no list")
    if of.name not in {"set", "frozenset", "list", "dict"}:
        return Instance(of)
    return Box(of.name, odd_key="its keys are not known" if args else None)


def _bytes_maker(of: Global, args: Any) -> Any:
    """``bytes()`` and ``bytearray(bytes)``; a number would reserve that much memory."""
    values = arguments(args, 0, 1) if isinstance(args, tuple) and len(args) < 2 else arguments(args, 2)
    if len(values) == 2:
        demand(isinstance(values[0], str | LongText), "it encodes no text")
        demand(values[1] == "latin-1", "another encoding than latin-1")
    elif values:
        demand(isinstance(values[0], Bytes | Box), "its argument is no bytes")
    if of.name == "bytearray":
        return Box("bytearray", raw=values[0] if len(values) == 1 and isinstance(values[0], Bytes) else None)
    return Bytes(-1 if values else 0)


def _encode(_of: Global, args: Any) -> Any:
    """How protocols 0 to 2 write bytes; another codec would import a module by name."""
    text, encoding = arguments(args, 2)
    demand(encoding in {"latin1", "latin-1"}, "another encoding than latin1")
    demand(isinstance(text, str | LongText), "it encodes no text")
    return Bytes(len(text)) if isinstance(text, str) else Bytes(-1, text=text)


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
    return Instance(of, facts=ArrayFacts(facts, checked_count(shape)))


def checked_count(shape: Any) -> int:
    """How many items a shape has; GuardError if it is no shape."""
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


def _torch_tensor(of: Global, args: Any) -> Any:
    *view, grad, hooks = arguments(args, 6, 7)[:6]
    _torch_view(view, grad, hooks)
    demand(len(args) == 6 or args[6] is None, "it carries metadata")
    return Instance(of, facts="tensor")


def _torch_tensor_by_dtype(of: Global, args: Any) -> Any:
    *view, grad, hooks, dtype = arguments(args, 7, 8)[:7]
    _torch_view(view, grad, hooks)
    demand(is_global(dtype, *_TORCH_NEWER_DTYPES), "its dtype is none that torch writes so")
    demand(len(args) == 7 or args[7] is None, "it carries metadata")
    return Instance(of, facts="tensor")


def _torch_quantized(of: Global, args: Any) -> Any:
    *view, how, grad, hooks = arguments(args, 7)
    _torch_view(view, grad, hooks)
    scheme, scale, zero = arguments(how, 3)
    demand(is_global(scheme, "torch.per_tensor_affine"), "it is not quantized as a whole")
    demand(scale is FLOAT and type(zero) is int, "scale or zero point are no numbers")
    return Instance(of, facts="tensor")


def _torch_layout(of: Global, args: Any) -> Any:
    (name,) = arguments(args, 1)
    demand(isinstance(name, str) and name in _TORCH_LAYOUTS, "no layout has that name")
    return Instance(of)


def _torch_view(view: Sequence[Any], grad: Any, hooks: Any) -> None:
    """Storage, offset, sizes and strides, and what every tensor carries besides."""
    storage, offset, sizes, strides = view
    demand(isinstance(storage, Instance) and storage.facts == "storage", "the tensor has no storage of this file")
    demand(type(offset) is int and offset >= 0, "the offset is no number")
    checked_count(sizes)
    checked_count(strides)
    demand(type(grad) is bool, "requires_grad is no boolean")
    demand(is_instance(hooks, "collections.OrderedDict"), "the hooks are no OrderedDict")


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
    "torch_tensor": _torch_tensor,
    "torch_tensor_by_dtype": _torch_tensor_by_dtype,
    "torch_quantized": _torch_quantized,
    "torch_layout": _torch_layout,
    "torch_parameter": _torch_parameter,
}
