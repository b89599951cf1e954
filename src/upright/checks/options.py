"""Options of a check: read from the function's own signature, and checked before it runs."""

import difflib
import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from upright.kernel import InputError

RESERVED = ("on", "against", "model", "reference", "strata", "not_judged")
"""Parts of a binding that evidence records beside the options; no option may have such a name."""
_SIMPLE: dict[type, str] = {bool: "yes or no", int: "a whole number", float: "a number", str: "text"}


class OptionError(InputError):
    """An option is unknown, of another type, or cannot be declared."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its name, the types it takes, its default, whether it is a list of that type or a mapping.

    What is in a mapping, the check itself reads.
    """

    name: str
    kinds: tuple[type, ...]
    default: Any
    many: bool = False
    mapping: bool = False

    @property
    def wanted(self) -> str:
        """What to write, in words."""
        if self.mapping:
            return "a mapping"
        one = " or ".join(_SIMPLE[kind] for kind in self.kinds)
        return f"a list of {one}" if self.many else one


def options_of(make: Callable[..., Any]) -> Mapping[str, Option]:
    """The options that a check's function declares.

    Raises:
        OptionError: a parameter is not keyword-only, has no default, a reserved name, or a type that a manifest cannot
            hold.
    """
    hints = typing.get_type_hints(make)
    found = {}
    for name, parameter in inspect.signature(make).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY or parameter.default is inspect.Parameter.empty:
            raise OptionError(
                f"{make.__name__}: option {name!r} must be keyword-only and have a default.", code="UP-CHECK-01"
            )
        if name in RESERVED:
            raise OptionError(
                f"{make.__name__}: {name!r} is a part of every binding, so no option can be called that.",
                code="UP-CHECK-01",
            )
        found[name] = _option(make.__name__, name, hints.get(name), parameter.default)
    return found


def _option(where: str, name: str, hint: Any, default: Any) -> Option:
    if typing.get_origin(hint) is Mapping:
        return Option(name, (), default, mapping=True)
    many = typing.get_origin(hint) is tuple
    if many:
        arguments = typing.get_args(hint)
        if len(arguments) != 2 or arguments[1] is not Ellipsis:
            raise OptionError(f"{where}: option {name!r}: write tuple[TYPE, ...].", code="UP-CHECK-01")
        hint = arguments[0]
    parts = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    kinds = tuple(part for part in parts if part is not type(None))
    if not kinds or any(kind not in _SIMPLE for kind in kinds):
        raise OptionError(
            f"{where}: option {name!r} has type {hint}; expected bool, int, float, str, a tuple of one or a Mapping.",
            code="UP-CHECK-01",
        )
    return Option(name, kinds, default, many)


def chosen(check: str, options: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given options, checked against the declared ones; a number may be given as text.

    Raises:
        OptionError: an unknown name (with the nearest known one) or a value of another type.
    """
    return {name: _value(check, _known(check, options, name), value) for name, value in given.items()}


def _known(check: str, options: Mapping[str, Option], name: str) -> Option:
    if name in options:
        return options[name]
    near = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(sorted(options)) or 'none'}."
    raise OptionError(f"{check} has no option {name!r}. {hint}", code="UP-CHECK-02")


def _value(check: str, option: Option, value: Any) -> Any:
    if option.mapping:
        if not isinstance(value, Mapping):
            raise _refused(check, option, value)
        return value
    if option.many:
        if not isinstance(value, list | tuple):
            raise _refused(check, option, value)
        return tuple(_one(check, option, one) for one in value)
    if value is None and option.default is None:
        return None
    return _one(check, option, value)


def _one(check: str, option: Option, value: Any) -> Any:
    if type(value) in option.kinds and (not isinstance(value, float) or math.isfinite(value)):
        return value
    if float in option.kinds and isinstance(value, int | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except ValueError:
            raise _refused(check, option, value) from None
        if math.isfinite(number):
            return number
    raise _refused(check, option, value)


def _refused(check: str, option: Option, value: Any) -> OptionError:
    return OptionError(f"{check}: option {option.name!r} is {value!r}; expected {option.wanted}.", code="UP-CHECK-03")
