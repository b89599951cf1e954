"""MLflow 3.17: a run of the file store (a folder with ``meta.yaml``), and a model (a folder with ``MLmodel``)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upright.checks.foreign import plain, skipped
from upright.interchange.findings import Findings, bare_number, slug
from upright.interchange.reading import moment, moment_of_ms, refused, yaml_of
from upright.measures.estimate import Estimate, exact

RUN = "MLflow run"
MODEL = "MLflow model"
_FINISHED = {"3", "FINISHED"}
_MOST_METRICS = 300
_LARGEST_METRIC = 64 * 2**20


def is_run(folder: Path) -> bool:
    """Whether a folder is a run of the file store."""
    return (folder / "meta.yaml").is_file() and ((folder / "metrics").is_dir() or (folder / "params").is_dir())


def is_model(folder: Path) -> bool:
    """Whether a folder is a packed model."""
    return (folder / "MLmodel").is_file()


def read_run(folder: Path) -> Findings:
    """The last value of each metric; a run says on how many rows of none of them.

    A run that did not finish, or was deleted, is not whole. Who ran it is not read.
    """
    meta = _mapping(folder, "meta.yaml")
    root = folder / "metrics"
    files = sorted(path for path in root.rglob("*") if path.is_file()) if root.is_dir() else []
    found, unreadable = [], []
    for path in files:
        name = path.relative_to(root).as_posix()
        value = _last(path)
        if value is None:
            unreadable.append((plain(name), "its file holds no number", 1))
        else:
            found.append(bare_number(slug(name), value))
    status = str(meta.get("status", ""))
    partial = [] if status in _FINISHED else [f"the run has the status {plain(status, 20) or 'unknown'}, not FINISHED"]
    if meta.get("lifecycle_stage") == "deleted":
        partial.append("the run was deleted")
    return Findings(
        format=RUN,
        tool="mlflow",
        kinds=("performance",),
        estimates=tuple(found[:_MOST_METRICS]),
        started=moment_of_ms(meta.get("start_time")),
        ended=moment_of_ms(meta.get("end_time")),
        partial=(*partial, *(() if found else ("it holds no metric",))),
        not_examined=skipped(
            [
                *unreadable,
                *(
                    [("further metrics", "not shown here", len(found) - _MOST_METRICS)]
                    if len(found) > _MOST_METRICS
                    else []
                ),
            ]
        ),
        about=plain(meta.get("run_name") or ""),
        settings={"run": plain(meta.get("run_id") or meta.get("run_uuid") or "")},
    )


def read_model(folder: Path) -> Findings:
    """What a packed model says it needs: the packages of its ``requirements.txt``, and which have no exact version."""
    from upright.checks.supply.listed import ListError
    from upright.checks.supply.requirements import read_requirements

    described = _mapping(folder, "MLmodel")
    path = folder / "requirements.txt"
    partial: list[str] = []
    packages: list[str] = []
    loose: list[str] = []
    if path.is_file():
        try:
            listing = read_requirements(path)
        except ListError as why:
            raise refused(folder, str(why)) from None
        packages = [one.shown for one in listing.packages]
        loose = [one.what for one in listing.unread if one.counts]
    else:
        partial.append("it has no requirements.txt, so nobody knows what it needs")
    flavors = described.get("flavors")
    count = len(packages) + len(loose)
    reported: tuple[Estimate, ...] = (exact("dependencies", count, n=count, unit="packages"),)
    return Findings(
        format=MODEL,
        tool="mlflow",
        version=plain(described.get("mlflow_version") or "", 40),
        kinds=("aibom",),
        estimates=(exact("dependencies_without_version", len(loose), n=count, unit="packages"),),
        reported=reported,
        default_limits={"dependencies_without_version": {"at_most": "0"}},
        ended=_created(described.get("utc_time_created")),
        partial=tuple(partial),
        failures=tuple(f"{plain(one)} has no exact version" for one in loose),
        about=plain(described.get("model_uuid") or ""),
        settings={"flavors": ", ".join(sorted(map(plain, flavors))) if isinstance(flavors, Mapping) else ""},
    )


def _mapping(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        text = (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise refused(folder, f"{name} cannot be read as UTF-8 text") from None
    value = yaml_of(folder, text)
    if not isinstance(value, Mapping):
        raise refused(folder, f"{name} is not a mapping")
    return value


def _last(path: Path) -> float | None:
    """The value with the highest step, later lines last: ``<ms> <value> <step>``."""
    if path.stat().st_size > _LARGEST_METRIC:
        return None
    best: tuple[int, float] | None = None
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            parts = line.split()
            step = int(parts[2]) if len(parts) > 2 else 0
            value = float(parts[1])
            if best is None or step >= best[0]:
                best = (step, value)
    except (ValueError, IndexError, OSError):
        return None
    return best[1] if best is not None and abs(best[1]) < 1e300 else None


def _created(text: object) -> Any:
    """``utc_time_created`` has no zone and says in its name which it is."""
    return moment(f"{text}+00:00") if isinstance(text, str) else None
