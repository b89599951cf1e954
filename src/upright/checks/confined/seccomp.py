"""The seccomp filter: which system calls the child may still make, as a BPF program.

Source: Linux ``Documentation/userspace-api/seccomp_filter.rst`` and ``include/uapi/linux/filter.h``.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable

from upright.checks.confined.syscalls import (
    ABSENT,
    ALWAYS_REFUSED,
    CLONE,
    KILL,
    OPEN,
    OPENAT,
    PRLIMIT,
    SENDTO,
    TGKILL,
    WRITES_PATHS,
    X86_FIRST_FOREIGN,
    Architecture,
)

Instruction = tuple[int, int, int, int]

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_NUMBER_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16
_CLONE_THREAD = 0x00010000
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2


def _refuse(code: int) -> Instruction:
    return (_RETURN, 0, 0, 0x00050000 | code)


_ALLOWED: Instruction = (_RETURN, 0, 0, _ALLOW)
_REFUSED = _refuse(errno.EPERM)


def _argument(index: int, *, high: bool = False) -> Instruction:
    return (_LOAD, 0, 0, _ARGS_AT + 8 * index + (4 if high else 0))


def _when(number: int | None, body: list[Instruction]) -> list[Instruction]:
    """``body`` decides about call ``number``; every way through it must return."""
    return [] if number is None else [(_EQUAL, 0, len(body), number), *body]


def _all(table: Iterable[tuple[int | None, int | None]], column: int, answer: Instruction) -> list[Instruction]:
    return [line for numbers in table for line in _when(numbers[column], [answer])]


def program(arch: Architecture, pid: int, *, may_write: bool) -> list[Instruction]:
    """The filter for one process: no sockets but pairs, no io_uring, no foreign ABI, no new processes, no signals.

    ``may_write``: files may be opened for writing, because Landlock says where.
    """
    column = arch.column
    lines: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 1, 0, arch.audit),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if column == 0:
        lines += [(_AT_LEAST, 0, 1, X86_FIRST_FOREIGN), (_RETURN, 0, 0, _KILL_PROCESS)]
    lines += _all(ALWAYS_REFUSED.values(), column, _REFUSED)
    lines += _all(ABSENT.values(), column, _refuse(errno.ENOSYS))
    lines += _when(CLONE[column], [_argument(0), (_ANY_BIT, 0, 1, _CLONE_THREAD), _ALLOWED, _REFUSED])
    no_address = [_argument(4), (_EQUAL, 0, 2, 0), _argument(4, high=True), (_EQUAL, 1, 0, 0), _REFUSED, _ALLOWED]
    lines += _when(SENDTO[column], no_address)
    own = [_argument(0), (_EQUAL, 0, 1, pid), _ALLOWED, _REFUSED]
    lines += _when(KILL[column], own) + _when(TGKILL[column], own)
    lines += _when(PRLIMIT[column], [_argument(0), (_EQUAL, 1, 0, 0), (_EQUAL, 0, 1, pid), _ALLOWED, _REFUSED])
    if not may_write:
        lines += _all(WRITES_PATHS.values(), column, _REFUSED)
        for numbers, flags_at in ((OPEN, 1), (OPENAT, 2)):
            lines += _when(numbers[column], [_argument(flags_at), (_ANY_BIT, 0, 1, _WRITE_FLAGS), _REFUSED, _ALLOWED])
    return [*lines, _ALLOWED]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_void_p))


def install(lines: list[Instruction]) -> None:
    """Puts the filter on this process, for good.

    Raises:
        OSError: the kernel does not take it.
    """
    packed = b"".join(struct.pack("<HBBI", *line) for line in lines)
    held = ctypes.create_string_buffer(packed, len(packed))
    told = _Program(len(lines), ctypes.cast(held, ctypes.c_void_p))
    _prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(told))


def forbid_new_privileges() -> None:
    """``PR_SET_NO_NEW_PRIVS``: nothing executed from here on gains rights.

    Raises:
        OSError: the kernel refuses.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0)


def _prctl(option: int, first: int, second: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = [ctypes.c_ulong(value) for value in (first, second, 0, 0)]
    if libc.prctl(option, *arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}): {os.strerror(code)}")
