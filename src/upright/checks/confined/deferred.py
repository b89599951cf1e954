"""SciPy's statistics, read when something is first asked of them.

scikit-learn imports them for a handful of functions that few models call, and reading them takes half of what it takes
to read scikit-learn. It is the module itself that is read, only later: nothing here computes anything.
"""

import importlib.util
import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_STATS = "scipy.stats"
_TAKEN_AT_ONCE = ("chi2", "gmean", "rankdata", "spearmanr")
"""What scikit-learn takes from the module by name while it is imported; any other name has the module read."""


def defer_statistics() -> None:
    """From here on ``scipy.stats`` is read at the first use; nothing changes where it was read, or is not installed."""
    if _STATS in sys.modules or importlib.util.find_spec("scipy") is None:
        return
    spec = importlib.util.find_spec(_STATS)
    if spec is None or spec.loader is None:
        return
    waiting = _Waiting(_STATS)
    vars(waiting).update(vars(importlib.util.module_from_spec(spec)))
    sys.modules[_STATS] = waiting
    sys.modules["scipy"].stats = waiting  # type: ignore[attr-defined]
    sys.meta_path.insert(0, _Inner())


class _Waiting(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name in _TAKEN_AT_ONCE and not _begun:
            return _Later(self, name)
        read(self)
        return ModuleType.__getattribute__(self, name)  # not super(): what was read is no longer of this class


_reading = threading.RLock()
_begun: list[ModuleType] = []


def read(module: ModuleType) -> None:
    """Reads the module that waits, in place: whoever holds it, holds the whole one. Other threads wait meanwhile."""
    with _reading:
        spec = module.__spec__
        if _begun or spec is None or spec.loader is None:
            return
        _begun.append(module)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            _begun.clear()  # out of memory, say: the next who asks is told so too
            raise
        module.__class__ = ModuleType


class _Later:
    """A function or distribution of the module, under the name by which it was taken."""

    def __init__(self, module: ModuleType, name: str) -> None:
        self._module, self._name = module, name

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._found()(*given, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found(), name)

    def _found(self) -> Any:
        read(self._module)
        return getattr(self._module, self._name)


class _Inner(MetaPathFinder):
    """Whoever imports a module inside the one that waits has the whole one read first, as always."""

    def find_spec(self, name: str, _path: Sequence[str] | None = None, _target: object = None) -> ModuleSpec | None:
        """Only finds what reading the whole one has brought."""
        outer = sys.modules.get(_STATS)
        if outer is None or _begun or not name.startswith(f"{_STATS}."):
            return None
        read(outer)
        found = sys.modules.get(name)
        return None if found is None else ModuleSpec(name, _Already(found, found.__spec__))


class _Already(Loader):
    def __init__(self, module: ModuleType, spec: ModuleSpec | None) -> None:
        self._module, self._spec = module, spec

    def create_module(self, _spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
