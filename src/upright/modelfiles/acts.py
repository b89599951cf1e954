"""The pickle instructions that can run code: naming a global, calling, instantiating, giving a state."""

from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from typing import Any

from upright.modelfiles import frames as _frames  # noqa: F401 - registers pandas' guards
from upright.modelfiles.embedded import examine_booster
from upright.modelfiles.guards import CALL_GUARDS, GuardError
from upright.modelfiles.limits import BrokenStreamError
from upright.modelfiles.machine import Machine, opcode
from upright.modelfiles.payload import skip_joblib_array
from upright.modelfiles.report import Verdict
from upright.modelfiles.states import BOOSTERS, BUILD_GUARDS
from upright.modelfiles.values import Box, Global, Instance, LongText, Some, Unknown


def _resolve(m: Machine, module: str, name: str, at: int) -> Global:
    """The global that Python would import, judged by the allow-list."""
    if "\x00" in module:
        raise BrokenStreamError("no module can have a name with a NUL")
    if m.proto < 3:
        # Loaders translate Python 2 names by default; what counts is the name they end with.
        if (module, name) in NAME_MAPPING:
            module, name = NAME_MAPPING[module, name]
        else:
            module = IMPORT_MAPPING.get(module, module)
    found = Global(module, name, m.allow.entries.get((module, name)))
    if found.entry is None:
        danger = m.allow.is_known_danger(module, name)
        m.unlisted.setdefault(found.path, at)
        if danger:
            m.findings.dangerous("names a global that can run code", name=found.path, offset=at)
        else:
            m.findings.suspicious("names a global that is not on the reviewed list", name=found.path, offset=at)
    return found


def _line_text(m: Machine) -> str:
    try:
        return m.line().decode("utf-8")
    except UnicodeDecodeError:
        raise BrokenStreamError("a name that is not UTF-8") from None


@opcode(b"c")
def _global(m: Machine) -> None:
    at = m.offset - 1
    module, name = _line_text(m), _line_text(m)
    m.stack.append(_resolve(m, module, name, at))


@opcode(b"\x93")
def _stack_global(m: Machine) -> None:
    at = m.offset - 1
    name, module = m.pop(), m.pop()
    if type(name) is str and type(module) is str:
        m.stack.append(_resolve(m, module, name, at))
        return
    if not all(isinstance(part, str | LongText | Unknown) for part in (name, module)):
        # Both unpicklers demand exactly str, and no listed call gives one.
        raise BrokenStreamError("a global whose name is no text")
    m.findings.dangerous("names a global by a text that is made while loading", offset=at)
    m.stack.append(Unknown("a computed global"))


@opcode(b"\x82", b"\x83", b"\x84")
def _extension(m: Machine) -> None:
    at = m.offset - 1
    code = m.number({0x82: 1, 0x83: 2, 0x84: 4}[m.buffer[m.pos - 1]], signed=False)
    if code == 0:
        raise BrokenStreamError("extension code 0")
    m.findings.suspicious(
        "names a global by a number of the copyreg extension registry", name=f"copyreg#{code}", offset=at
    )
    m.stack.append(Unknown("an extension"))


@opcode(b"P")
def _text_persistent_id(m: Machine) -> None:
    at = m.offset - 1
    m.line()
    _persistent(m, None, at)


@opcode(b"Q")
def _persistent_id(m: Machine) -> None:
    at = m.offset - 1
    _persistent(m, m.pop(), at)


def _persistent(m: Machine, value: Any, at: int) -> None:
    """Torch storages are the only thing kept beside a pickle that we know the meaning of."""
    if m.storages is None or not m.storages.holds(value):
        m.findings.suspicious("loads something kept outside the pickle, which only its reader knows", offset=at)
        m.stack.append(Unknown("a persistent id"))
        return
    m.stack.append(Instance(of=value[1], args=value, facts="storage"))


# Calls ----------------------------------------------------------------------------------------------------------


def _call(m: Machine, function: Any, args: Any, at: int) -> Any:
    """What ``function(*args)`` gives; whatever is not reviewed is reported."""
    if isinstance(function, Global):
        if function.entry is None:
            m.findings.add(
                _weight(m, function), "calls a global that is not on the reviewed list", name=function.path, offset=at
            )
            return Unknown(function.path)
        if "call" not in function.entry.uses:
            m.findings.suspicious(
                "calls what is only reviewed to be named or instantiated empty", name=function.path, offset=at
            )
            return Unknown(function.path)
        try:
            return CALL_GUARDS[function.entry.call_guard](function, args)
        except GuardError as why:
            m.findings.suspicious(f"calls with unusual arguments: {why}", name=function.path, offset=at)
            return Unknown(function.path)
    if function is None or isinstance(function, int | str | float | tuple | Box | Some):
        raise BrokenStreamError("calls something that cannot be called")
    m.findings.suspicious("calls an object made while loading", offset=at)
    return Unknown("a call")


def _weight(m: Machine, function: Global) -> Verdict:
    known = m.allow.is_known_danger(function.module, function.name)
    return Verdict.DANGEROUS if known else Verdict.SUSPICIOUS


@opcode(b"R")
def _reduce(m: Machine) -> None:
    at = m.offset - 1
    args = m.pop()
    function = m.pop()
    m.stack.append(_call(m, function, args, at))


@opcode(b"i")
def _inst(m: Machine) -> None:
    at = m.offset - 1
    module, name = _line_text(m), _line_text(m)
    args = tuple(m.pop_mark())
    m.stack.append(_instantiate(m, _resolve(m, module, name, at), args, at))


@opcode(b"o")
def _obj(m: Machine) -> None:
    at = m.offset - 1
    items = m.pop_mark()
    if not items:
        raise BrokenStreamError("there is no class above the mark")
    m.stack.append(_instantiate(m, items[0], tuple(items[1:]), at))


def _instantiate(m: Machine, cls: Any, args: tuple[Any, ...], at: int) -> Any:
    """Old-style instances: without arguments made empty, with arguments a call."""
    listed = isinstance(cls, Global) and cls.entry is not None
    if listed and not args and "new" in cls.entry.uses:
        return Instance(of=cls)
    return _call(m, cls, args, at)


@opcode(b"\x81")
def _newobj(m: Machine) -> None:
    at = m.offset - 1
    args = m.pop()
    m.stack.append(_new(m, m.pop(), args, None, at))


@opcode(b"\x92")
def _newobj_ex(m: Machine) -> None:
    at = m.offset - 1
    keywords = m.pop()
    args = m.pop()
    m.stack.append(_new(m, m.pop(), args, keywords, at))


def _new(m: Machine, cls: Any, args: Any, keywords: Any, at: int) -> Any:
    if isinstance(cls, Global) and cls.entry is not None and "new" in cls.entry.uses:
        no_keywords = keywords is None or (isinstance(keywords, Box) and keywords.items == {} and not keywords.odd_key)
        if args == () and no_keywords:
            return Instance(of=cls)
        m.findings.suspicious("instantiates with arguments that are not reviewed", name=cls.path, offset=at)
        return Unknown(cls.path)
    if isinstance(cls, Global) and cls.entry is not None and keywords is None and "call" in cls.entry.uses:
        return _call(m, cls, args, at)
    name = cls.path if isinstance(cls, Global) else None
    if isinstance(cls, Global) and cls.entry is None:
        m.findings.add(_weight(m, cls), "instantiates a class that is not on the reviewed list", name=name, offset=at)
    else:
        m.findings.suspicious("instantiates what is not reviewed to be instantiated", name=name, offset=at)
    return Unknown("an instance")


# State ----------------------------------------------------------------------------------------------------------


@opcode(b"b")
def _build(m: Machine) -> None:
    at = m.offset - 1
    state = m.pop()
    target = m.top()
    if isinstance(target, Global):
        m.findings.dangerous("changes the attributes of a class or function itself", name=target.path, offset=at)
        return
    if not isinstance(target, Instance):
        m.unclear("gives a state to something that takes none")
        return
    why = _state_problem(target, state)
    if why is not None:
        hostile = isinstance(state, Box) and state.odd_key is not None and state.odd_key.startswith("__")
        report = m.findings.dangerous if hostile else m.findings.suspicious
        report(f"gives an unusual state: {why}", name=target.of.path, offset=at)
    elif target.of.entry is not None and target.of.entry.build_guard in BOOSTERS:
        examine_booster(m, target, state)
    target.builds += 1
    target.state = state
    if target.of.entry is not None and target.of.entry.build_guard == "joblib_array":
        m.wrappers += 1
        if m.joblib:
            m.stack[-1] = skip_joblib_array(m, target)


def _state_problem(target: Instance, state: Any) -> str | None:
    entry = target.of.entry
    if entry is None or "build" not in entry.uses:
        return "it is not reviewed to take one"
    if target.builds:
        return "it already has one"
    try:
        BUILD_GUARDS[entry.build_guard or "attributes"](target, state)
    except GuardError as why:
        return str(why)
    return None
