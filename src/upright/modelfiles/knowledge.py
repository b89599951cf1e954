"""The reviewed data files of this room, read once."""

from functools import cache
from importlib import resources
from typing import Any


def data_bytes(name: str) -> bytes:
    """The bytes of ``modelfiles/data/<name>``."""
    return (resources.files("upright.modelfiles") / "data" / name).read_bytes()


@cache
def data(name: str) -> Any:
    """What ``modelfiles/data/<name>`` holds."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(data_bytes(name), Loader=loader)  # noqa: S506 - a safe loader, C or Python
