"""Can loading the model's file run code? Asked without loading it."""

import hashlib
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, Limits, Run, check
from upright.checks.inputs import model_file_of
from upright.checks.judge import judge
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError
from upright.measures.estimate import exact

if TYPE_CHECKING:
    from upright.modelfiles import FileReport, Report

UNREAD = "files_not_examined"
MEASURES = ("dangerous_files", "suspicious_files", UNREAD)
_VERDICTS = ("dangerous", "suspicious", "not_examined")
_SHOWN = 5


@check(
    "model-file-scan",
    version="1",
    kinds=("model-file-scan",),
    about=("model",),
    measures=MEASURES,
    default_limits={name: {"at_most": "0"} for name in MEASURES},
)
def model_file_scan(*, files: tuple[str, ...] = (), allow: str = "", allow_sha256: str = "") -> Run:
    """Reads every file of the model by structure and asks whether loading it could run code; nothing is loaded.

    Each file is ``dangerous``, ``suspicious`` (it names something that is not on the reviewed allow-list), ``clean``
    or ``not_examined``; by default none may be anything but clean. A file that nobody could read leaves the check
    undecided. ``files`` narrows a folder to some names, such as ``model.joblib``; the others are then listed as not
    examined. ``allow`` names an organisation's own list of reviewed globals, beside the model or by an absolute path;
    ``allow_sha256`` is its digest, so that evidence says which list was in force.
    """

    def run(binding: Binding, _context: Context) -> CheckResult:
        from upright.modelfiles import scan
        from upright.modelfiles.allowlist import allow_list, extended

        source = model_file_of(binding)
        chosen, left = _chosen(source.path, files)
        reviewed = _reviewed(source.path, allow, allow_sha256)
        report = _named_from(scan(chosen, allow=reviewed), source.path)
        counts = {name: _count(report, verdict) for name, verdict in zip(MEASURES, _VERDICTS, strict=True)}
        found = [exact(name, count, n=len(report.files), unit="files") for name, count in counts.items()]
        judged: Limits = {name: limit for name, limit in binding.limits.items() if name != UNREAD}
        judgement = judge(found[:2], judged, reported=found[2:], also=list(_reasons(report, binding.limits)))
        shipped = allow_list()
        used = shipped if reviewed is None else extended(shipped, reviewed, allow)
        document = {**report.to_json(), "allow_list": f"sha256:{used.digest}", "extended_by": allow_sha256 or None}
        text = json.dumps(document, indent=1, sort_keys=True).encode()
        return CheckResult(
            result=judgement.result,
            measurements=judgement.measurements,
            reasons=(*judgement.reasons, *_explained(report, judgement.result)),
            not_examined=(*_not_read(report), *_left_out(left)),
            artefacts=(ArtefactBytes(name="scan.json", media_type="application/json", data=text),),
        )

    return run


def _chosen(path: Path | str, names: tuple[str, ...]) -> tuple[list[Path], int]:
    """The files to read, of one file, a folder or a glob, and how many the option leaves out."""
    if isinstance(path, Path) or Path(path).exists():
        whole = Path(path)
        found = sorted(f for f in whole.rglob("*") if not f.is_dir()) if whole.is_dir() else [whole]
    else:
        import glob

        found = [f for f in map(Path, sorted(glob.glob(path, recursive=True))) if not f.is_dir()]  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise InputError(
            f"{Path(path).name} holds no file, so there is nothing to scan. Check the path.", code="UP-CHECK-60"
        )
    kept = [file for file in found if not names or file.name in names]
    if not kept:
        wanted = ", ".join(names)
        raise InputError(
            f"None of the files {wanted} is in {Path(path).name}. Check the option `files`.", code="UP-CHECK-61"
        )
    return kept, len(found) - len(kept)


def _named_from(report: "Report", path: Path | str) -> "Report":
    """Files named from the model's own folder: where that lies says something of the machine, not of the model."""
    import msgspec

    parents = [str(Path(file.path).parent) for file in report.files]
    start = Path(path) if Path(path).is_dir() else Path(os.path.commonpath(parents))
    named = (msgspec.structs.replace(file, path=Path(file.path).relative_to(start).as_posix()) for file in report.files)
    return msgspec.structs.replace(report, files=tuple(named))


def _reviewed(model: Path | str, name: str, digest: str) -> bytes | None:
    """The organisation's list, which must be the one that was reviewed."""
    from upright.modelfiles.allowlist import read_allow

    if not name and not digest:
        return None
    if not name or not digest:
        raise InputError(
            "The options `allow` and `allow_sha256` belong together: a list counts by its digest. Give both.",
            code="UP-CHECK-68",
        )
    folder = Path(model) if Path(model).is_dir() else Path(model).parent
    text = read_allow(folder / name)
    found = hashlib.sha256(text).hexdigest()
    if found != digest:
        raise InputError(
            f"{name} is not the reviewed list: expected sha256 {digest}, got {found}. Review it and give its digest.",
            code="UP-CHECK-69",
        )
    return text


def _count(report: "Report", verdict: str) -> int:
    return sum(file.verdict.value == verdict for file in report.files)


def _reasons(report: "Report", limits: Limits) -> Iterator[Reason]:
    """What was not read leaves the question open; it is neither good nor bad."""
    unread = _count(report, "not_examined")
    most = limits.get(UNREAD, {}).get("at_most")
    if most is None:
        return
    text = f"{UNREAD} at_most {most}"
    if Decimal(unread) <= Decimal(most):
        yield Reason(limit=text, outcome="passed", because=f"{unread} of {len(report.files)} files were not examined")
    else:
        because = (
            f"{_sentence(report, 'not_examined')}; expected whole files of formats that are read. Write them again, or "
            "save the model in another [UP-CHECK-44]"
        )
        yield Reason(limit=text, outcome="undecided", because=because)


def _explained(report: "Report", result: str) -> Iterator[Reason]:
    if result != "failed":
        return
    for name, verdict in zip(MEASURES[:2], _VERDICTS[:2], strict=True):
        if _count(report, verdict):
            yield Reason(limit=name, outcome="failed", because=_sentence(report, verdict))


def _sentence(report: "Report", verdict: str) -> str:
    named = [f"{Path(f.path).name}: {_why(f)}" for f in report.files if f.verdict.value == verdict]
    more = f" (and {len(named) - _SHOWN} more)" if len(named) > _SHOWN else ""
    return f"{verdict.replace('_', ' ')}: {'; '.join(named[:_SHOWN])}{more}"


def _why(file: "FileReport") -> str:
    shown = [f"{d.what} ({d.name})" if d.name else d.what for d in file.detections[:_SHOWN]]
    return ", ".join(shown) or "no reason was given"


def _not_read(report: "Report") -> Iterator[NotExamined]:
    for file in report.files:
        if file.verdict.value == "not_examined":
            yield NotExamined(what=Path(file.path).name, why=_why(file), count=1)


def _left_out(count: int) -> Iterator[NotExamined]:
    if count:
        yield NotExamined(what="other files of the model", why="left out by the option `files`", count=count)
