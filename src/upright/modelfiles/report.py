"""What a scan answers: one verdict per file, with the detections that led to it."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec


class Verdict(StrEnum):
    """What may be said of a file; only ``clean`` is good, and the worst detection decides."""

    DANGEROUS = "dangerous"
    SUSPICIOUS = "suspicious"
    NOT_EXAMINED = "not_examined"
    CLEAN = "clean"


_WORST_FIRST = tuple(Verdict)
MOST_DETECTIONS = 100


class Detection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that keeps a file from being clean.

    ``offset`` counts bytes from the start of the part named in ``what`` (the file itself where none is named).
    """

    what: str
    name: str | None = msgspec.field(name="global", default=None)
    offset: int | None = None


class FileReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict on one file."""

    path: str
    format: str
    verdict: Verdict
    detections: tuple[Detection, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict on each file asked about, in the order of their paths."""

    files: tuple[FileReport, ...]
    upright: int = 1

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all files; of no files at all it is ``not_examined``."""
        return worst(file.verdict for file in self.files) if self.files else Verdict.NOT_EXAMINED

    @property
    def exit_status(self) -> int:
        """Of the command ``scan``: 1 dangerous or suspicious, else 3 not examined, else 0."""
        found = self.verdict
        if found in {Verdict.DANGEROUS, Verdict.SUSPICIOUS}:
            return 1
        return 3 if found is Verdict.NOT_EXAMINED else 0

    def to_json(self) -> dict[str, Any]:
        """The document of ``upright scan --format json`` (schema ``scan``)."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return {"upright": plain["upright"], "files": plain["files"]}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; of none it is ``clean``.

    >>> worst([Verdict.CLEAN, Verdict.NOT_EXAMINED]).value
    'not_examined'
    """
    return min(verdicts, key=_WORST_FIRST.index, default=Verdict.CLEAN)


class Findings:
    """Collects detections while a file is read; the same one is kept once, at its first offset.

    Those of a part of a file go into those of the whole, with ``where`` before them.
    """

    def __init__(self, where: str = "", into: "Findings | None" = None) -> None:
        self._where = where
        self._into = into
        self._seen: dict[tuple[Verdict, str, str | None], Detection] = {}
        self.verdict = Verdict.CLEAN
        self.dropped = 0

    def add(self, verdict: Verdict, what: str, *, name: str | None = None, offset: int | None = None) -> None:
        """Notes something that makes the file at best ``verdict``."""
        self.verdict = worst((self.verdict, verdict))
        if self._into is not None:
            self._into.add(verdict, self._where + what, name=name, offset=offset)
        key = (verdict, what, name)
        if key in self._seen:
            return
        if len(self._seen) >= MOST_DETECTIONS and verdict is not Verdict.DANGEROUS:
            self.dropped += 1
            return
        if len(self._seen) < 2 * MOST_DETECTIONS:
            self._seen[key] = Detection(what=what, name=name, offset=offset)

    def dangerous(self, what: str, *, name: str | None = None, offset: int | None = None) -> None:
        """Loading it would run code, or was built to."""
        self.add(Verdict.DANGEROUS, what, name=name, offset=offset)

    def suspicious(self, what: str, *, name: str | None = None, offset: int | None = None) -> None:
        """It asks for something that nobody has reviewed, or contradicts itself."""
        self.add(Verdict.SUSPICIOUS, what, name=name, offset=offset)

    def not_examined(self, what: str, *, offset: int | None = None) -> None:
        """Some of its bytes were not understood."""
        self.add(Verdict.NOT_EXAMINED, what, offset=offset)

    def take_over(self, other: "Findings", where: str) -> None:
        """Keeps of another reading of the same bytes what is dangerous or suspicious; that it breaks does not count."""
        for (verdict, what, name), found in other._seen.items():  # noqa: SLF001 - another of its own kind
            if verdict in {Verdict.DANGEROUS, Verdict.SUSPICIOUS} and (verdict, what, name) not in self._seen:
                self.add(verdict, where + what, name=name, offset=found.offset)

    def detections(self) -> tuple[Detection, ...]:
        """The detections, worst first, then as they were found."""
        order = {verdict: rank for rank, verdict in enumerate(_WORST_FIRST)}
        ranked = sorted(self._seen.items(), key=lambda item: order[item[0][0]])
        found = [detection for _, detection in ranked][:MOST_DETECTIONS]
        if self.dropped:
            found.append(Detection(what=f"{self.dropped} more detections are not listed"))
        return tuple(found)
