"""Zip files from strangers: refused before anything unpacks them, by what they themselves say they hold."""

import zipfile
from typing import IO

from upright.kernel import InputError

MOST_UNPACKED = 1 << 29
MOST_MEMBERS = 10_000
MOST_RATIO = 200
_SMALL = 1 << 24


class ArchiveError(InputError):
    """An archive that is damaged, or that would unpack to more than anybody could want."""


def refuse_bomb(stream: IO[bytes], *, most_unpacked: int = MOST_UNPACKED) -> None:
    """Returns nothing if a zip file may be unpacked.

    Raises:
        ArchiveError: damaged, encrypted, too many members, too large unpacked, packed a suspicious lot tighter.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as why:
        raise ArchiveError(f"This is no readable zip file: {why}.", code="UP-FILE-01") from None
    unpacked = sum(one.file_size for one in members)
    packed = sum(one.compress_size for one in members)
    if len(members) > MOST_MEMBERS or unpacked > most_unpacked:
        raise ArchiveError(
            f"It would unpack to {unpacked:,} bytes in {len(members):,} files; at most {most_unpacked:,} and "
            f"{MOST_MEMBERS:,} are taken.",
            code="UP-FILE-02",
        )
    if unpacked > _SMALL and unpacked > MOST_RATIO * max(1, packed):
        raise ArchiveError(
            f"It would unpack to {unpacked // max(1, packed):,} times its size, as only a zip bomb does.",
            code="UP-FILE-02",
        )
    if any(one.flag_bits & 1 for one in members):
        raise ArchiveError("It is encrypted, so nobody could look at what is in it.", code="UP-FILE-03")
