"""Landlock: which files the child may still open, by path. Not every kernel has it.

Source: Linux ``Documentation/userspace-api/landlock.rst`` and ``include/uapi/linux/landlock.h``.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_TRUNCATE = 1 << 14
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
READ = _EXECUTE | _READ_FILE | _READ_DIR
WRITE = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _TRUNCATE
USE_DEVICE = _READ_FILE | _WRITE_FILE
_RIGHTS_BY_VERSION = (13, 14, 15, 15, 16)
"""How many file rights version 1, 2, … knows; one that a version does not know must not be named."""


def version() -> int:
    """The kernel's Landlock version, 0 where it has none."""
    found = _call(_CREATE, ctypes.c_void_p(None), ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    return max(found, 0)


def restrict(rules: Iterable[tuple[str, int]]) -> int:
    """Confines this process to ``rules`` (path, rights); paths that do not exist are left out. Returns the version.

    Raises:
        OSError: the kernel has Landlock but does not take the rules.
    """
    found = version()
    if found == 0:
        return 0
    handled = (1 << _RIGHTS_BY_VERSION[min(found, len(_RIGHTS_BY_VERSION)) - 1]) - 1
    network = 3 if found >= 4 else 0  # bind and connect by TCP: none is granted
    scoped = 3 if found >= 6 else 0  # abstract sockets and signals end at this process
    attributes = struct.pack("<QQQ", handled, network, scoped)[: 24 if found >= 6 else 16 if found >= 4 else 8]
    ruleset = _demand(_call(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)), "create")
    try:
        for path, rights in rules:
            _allow(ruleset, path, rights & handled)
        _demand(_call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)), "restrict")
    finally:
        os.close(ruleset)
    return found


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(folder).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("<Qi", rights, folder)
        _demand(
            _call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0)), f"allow {path}"
        )
    finally:
        os.close(folder)


def _demand(answer: int, what: str) -> int:
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock cannot {what}: {os.strerror(code)}")
    return answer


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    found: int = libc.syscall(ctypes.c_long(number), *arguments)
    return found
