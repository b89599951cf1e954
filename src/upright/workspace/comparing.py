"""Two models of a manifest, compared in a scratch folder; nothing is filed."""

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from upright.checks.contract import Context, ModelSource, TableSource
from upright.workspace.errors import ManifestError
from upright.workspace.read import load_manifest
from upright.workspace.resolve import resolved_sources

if TYPE_CHECKING:
    from upright.checks.comparing import Compared


def compare_in(
    path: Path, first: str, second: str, *, on: str | None, rows: int, seed: int
) -> "tuple[Compared, dict[str, str]]":
    """The comparison, and the refs of what was compared.

    Raises:
        ManifestError: a model or data set that the manifest does not name, or several data sets and none chosen.
    """
    from upright.checks.comparing import compare_models
    from upright.checks.models import Models
    from upright.checks.tables import Tables
    from upright.workspace.safe_yaml import suggest

    manifest = load_manifest(path)
    models, tables = resolved_sources(manifest)
    by_id = {ref.path.partition("/")[2]: source for ref, source in models.items()}
    rows_by_id = {ref.path.partition("/")[2]: source for ref, source in tables.items()}

    def model(name: str) -> ModelSource:
        if name.removeprefix("model:") in by_id:
            return by_id[name.removeprefix("model:")]
        raise ManifestError(f"{manifest.path.name} has no model {name!r}.{suggest(name, by_id)}", code="UP-MAN-44")

    def table() -> TableSource:
        name = "" if on is None else on.removeprefix("dataset:")
        if on is None and len(rows_by_id) == 1:
            return next(iter(rows_by_id.values()))
        if name in rows_by_id:
            return rows_by_id[name]
        what = (
            f"has no data set {name!r}.{suggest(name, rows_by_id)}" if on else "has several data sets; choose by --on."
        )
        raise ManifestError(f"{manifest.path.name} {what}", code="UP-MAN-44")

    a, b, source = model(first), model(second), table()
    with tempfile.TemporaryDirectory(prefix="upright-") as folder:
        scratch = Path(folder)
        with contextlib.closing(Tables(scratch)) as opened, contextlib.closing(Models(scratch)) as asked:
            context = Context(seed=seed, scratch=scratch, open_table=opened.open, models=asked)
            found = compare_models(a, b, source, context, rows=rows)
    return found, {"a": str(a.ref), "b": str(b.ref), "on": str(source.ref)}
