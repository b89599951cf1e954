"""Paths that a manifest names stay below its folder, links included."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from upright.workspace.safe_yaml import Node

_MAGIC = frozenset("*?[")


def is_url(text: str) -> bool:
    """``scheme://…``: an address outside the folder, which needs ``allow_external: true``."""
    return "://" in text


def is_glob(text: str) -> bool:
    """The path has wildcards."""
    return any(sign in _MAGIC for sign in text)


def checked_url(node: Node) -> str:
    """An address without a password in it; secrets come from the environment.

    Raises:
        ManifestError: the URL carries a password, which would be digested and shown.
    """
    text = node.string()
    try:
        parts = urlsplit(text)
        secret = parts.password
    except ValueError as why:
        raise node.wrong(f"this is not an address: {why}.", code="UP-MAN-21") from None
    if secret is not None:
        raise node.wrong("the address holds a password. Take it out and give it by the environment.", code="UP-MAN-22")
    return text


def checked_endpoint(node: Node) -> str:
    """The base address of a hosted model: https, or http on this machine; no user, query or fragment.

    Raises:
        ManifestError: another scheme, a secret or a query in it, or no host.
    """
    text = checked_url(node)
    parts = urlsplit(text)
    host = parts.hostname or ""
    is_here = host in {"localhost", "127.0.0.1", "::1"}
    if not host or parts.scheme not in ({"http", "https"} if is_here else {"https"}):
        raise node.wrong(
            f"{text!r} is no address of a hosted model; expected https://HOST/…, or http://127.0.0.1:PORT/… on this "
            "machine.",
            code="UP-MAN-25",
        )
    if parts.username or parts.query or parts.fragment:
        raise node.wrong(
            "the address of a hosted model has a user, a query or a fragment, where secrets hide. Give the key by "
            "`key_env: VARIABLE`.",
            code="UP-MAN-22",
        )
    return text.rstrip("/")


def checked_path(node: Node, root: Path) -> str:
    """A path or glob below ``root`` as written, in POSIX form, after following links.

    Raises:
        ManifestError: absolute, climbs out, leaves by a link, missing, or a glob that matches nothing.
    """
    text = node.string()
    given = Path(text)
    if given.is_absolute() or text.startswith("~") or "\\" in text or "\0" in text:
        raise node.wrong(
            f"path {text!r} is not relative. Write it from the manifest's folder, with '/'.", code="UP-MAN-20"
        )
    matches = _matches(given, root)
    for match in matches:
        _must_stay_below(match, root, node, text)
    if not matches:
        what = "matches no file" if is_glob(text) else "does not exist"
        below = root.resolve().name or root.resolve()
        raise node.wrong(f"path {text!r} {what} below {below}. {_near(given, root)}", code="UP-MAN-23")
    return given.as_posix()


def _matches(given: Path, root: Path) -> list[Path]:
    if ".." in given.parts:
        return [root / given]
    target = root / given
    if is_glob(given.as_posix()) and not os.path.lexists(target):
        return sorted(path for path in root.glob(given.as_posix()) if not path.is_dir() or path.is_symlink())
    if not os.path.lexists(target):
        return []
    if target.is_dir() and not target.is_symlink():
        return [target, *sorted(target.rglob("*"))]
    return [target]


def _must_stay_below(match: Path, root: Path, node: Node, text: str) -> None:
    real = Path(os.path.realpath(match))
    if not real.is_relative_to(Path(os.path.realpath(root))):
        how = "by a link" if ".." not in Path(text).parts else "upwards"
        raise node.wrong(
            f"path {text!r} leaves the manifest's folder {how}. Move the file below it, or the manifest up.",
            code="UP-MAN-20",
        )
    if not real.exists():
        raise node.wrong(f"path {text!r} is a link to something that does not exist.", code="UP-MAN-23")
    if not real.is_file() and not real.is_dir():
        raise node.wrong(f"path {text!r} is neither a file nor a folder. Name regular files only.", code="UP-MAN-23")


def _near(given: Path, root: Path) -> str:
    import difflib

    folder = root / given.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    close = difflib.get_close_matches(given.name, names, n=1)
    return f"Did you mean {(given.parent / close[0]).as_posix()!r}?" if close else "Check the spelling."
