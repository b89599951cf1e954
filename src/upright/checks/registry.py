"""Which checks there are: the ones that come with Upright, and the ones that packages add (``upright.checks``)."""

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from upright.checks.contract import CheckSpec
from upright.kernel import InputError

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
    """The check with this name.

    Raises:
        UnknownCheckError: there is none (with the nearest name).
    """
    known = checks()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(known))}."
    raise UnknownCheckError(f"There is no check {name!r}. {hint}", code="UP-CHECK-21")


def _builtin() -> list[CheckSpec]:
    package = importlib.import_module("upright.checks.builtin")
    found = []
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        found += [value for value in vars(module).values() if isinstance(value, CheckSpec)]
    return found


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
