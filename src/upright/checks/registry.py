"""Which checks there are: the ones that come with Upright, and the ones that packages add (``upright.checks``)."""

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

from upright.checks.contract import CheckSpec
from upright.kernel import InputError, without_collecting

GROUP = "upright.checks"


class UnknownCheckError(InputError):
    """No check has this name, or a package offers something that is not one."""


@functools.cache
def checks() -> Mapping[str, CheckSpec]:
    """Every check by name; a package cannot replace one of ours.

    An entry point's value is a ``CheckSpec``, as ``@check`` makes it.

    Raises:
        UnknownCheckError: an entry point cannot be loaded, is not a check, or takes a name that is taken.
    """
    found: dict[str, CheckSpec] = {}
    for spec in _builtin():
        _add(found, spec, "upright")
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        value = _loaded(point)
        if not isinstance(value, CheckSpec):
            raise UnknownCheckError(
                f"The entry point {point.name} = {point.value} of group {GROUP} is not a check; expected what "
                "@check returns. Correct or remove the package that offers it.",
                code="UP-CHECK-22",
            )
        _add(found, value, point.value)
    return found


def find_check(name: str) -> CheckSpec:
    """The check with this name. Of ours only its own file is imported: all of them would cost 0.4 CPU s.

    Raises:
        UnknownCheckError: there is none (with the nearest name), or a package offers something that is not one.
    """
    own = _own(name)
    if own is not None:
        return own
    known = checks()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(known))}."
    raise UnknownCheckError(f"There is no check {name!r}. {hint}", code="UP-CHECK-21")


_BUILTIN = "upright.checks.builtin"


@functools.cache
def _files() -> tuple[str, ...]:
    package = importlib.import_module(_BUILTIN)
    return tuple(sorted(info.name for info in pkgutil.iter_modules(package.__path__)))


def _builtin() -> list[CheckSpec]:
    return [spec for file in _files() for spec in _in_module(importlib.import_module(f"{_BUILTIN}.{file}"))]


@functools.cache
def _own(name: str) -> CheckSpec | None:
    """Ours of this name, from the file that is called as it is."""
    file = name.replace("-", "_")
    if file not in _files():
        return None
    with without_collecting():
        module = importlib.import_module(f"{_BUILTIN}.{file}")
    return next((spec for spec in _in_module(module) if spec.name == name), None)


def _in_module(module: ModuleType) -> list[CheckSpec]:
    return [value for value in vars(module).values() if isinstance(value, CheckSpec)]


def _loaded(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as why:
        raise UnknownCheckError(
            f"The entry point {point.name} = {point.value} of group {GROUP} cannot be loaded ({type(why).__name__}: "
            f"{why}). Mend or remove the package that offers it.",
            code="UP-CHECK-24",
        ) from why


def _add(found: dict[str, CheckSpec], spec: CheckSpec, where: str) -> None:
    if spec.name in found:
        raise UnknownCheckError(
            f"{where} offers a check {spec.name!r}, but one of that name exists. Rename it.", code="UP-CHECK-23"
        )
    found[spec.name] = spec
