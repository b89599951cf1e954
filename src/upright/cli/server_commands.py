"""How commands reach the server: by name, since ``site`` lies above; the one declared exception of the house."""

import importlib
from types import ModuleType

from upright.kernel import MissingExtraError


def server(module: str) -> ModuleType:
    """A module of the server, such as ``upright.site.serving``.

    Raises:
        MissingExtraError: the extra that brings it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as why:
        if (why.name or "").startswith("upright"):
            raise
        raise MissingExtraError(
            f"The server needs {why.name}, which is not installed. Install the extra: pip install 'upright[server]'.",
            code="UP-SITE-05",
        ) from None
