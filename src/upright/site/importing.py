"""How the worker imports a spreadsheet: batch by batch, each with how far it is, so that nothing is written twice."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, cast

from upright.desk.description import record_type
from upright.desk.importing import Importer, Mapped, Outcome, SoFar
from upright.interchange.spreadsheets import read_rows
from upright.kernel import InputError
from upright.records.identity.acting import acting
from upright.records.identity.power import powers_of
from upright.records.trail.errors import ConflictError
from upright.records.trail.record import Record
from upright.records.work.imports import asker, end_import, kept, progress
from upright.records.work.models import ImportRun
from upright.records.work.running import demand_running, tell
from upright.records.work.tasks import runs
from upright.web.import_runs import COUNTS, outcome_of

_LOOK_EVERY = 200
_MOST_TEXTS = 200


@runs("import")
def carry_out(record: Record) -> str:
    """Imports, or tries, what an ``ImportRun`` names, from the row where an earlier worker left off."""
    run = cast("ImportRun", record)
    if run.state != ImportRun.State.WAITING:
        return str(run.state)
    actor, scope = asker(run)
    before = progress(run)
    mine = SoFar(row=before.done, outcome=outcome_of(before.found))
    with acting(actor, scope):
        try:
            _go_through(run, mine, before.found)
        except (InputError, ConflictError) as why:
            said = why.message
        else:
            said = ""
    counts = {name: int(getattr(mine.outcome, name)) for name in COUNTS}
    if said and not run.dry:  # the batch at hand was not written
        counts = {name: int(progress(run).found.get(name, 0)) for name in COUNTS}
    end_import(run, counts, says=said)
    tell(run.ref, says=said or "Done.")
    return str(run.state)


def _go_through(run: ImportRun, mine: SoFar, found: dict[str, Any]) -> None:
    actor, _ = asker(run)
    path = kept(run.sha256)
    if not path.is_file():
        raise InputError("The file is not kept any more; send it again.", code="UP-IMPORT-05")
    described = record_type(run.record_type)
    mapped = Mapped(columns=run.columns, values=run.values, history=run.history)
    importer = Importer(described, mapped, actor=actor, powers=powers_of(actor))

    def keep(far: SoFar) -> None:
        says = f"{far.outcome.added:,} added, {far.outcome.changed:,} changed, {far.outcome.refused:,} refused so far."
        if run.dry:
            says = f"{far.outcome.refused:,} rows with problems so far."
        tell(run.ref, done=far.row, says=says, found=found | found_of(far.outcome))
        importer.powers = powers_of(actor)

    mine.keep = keep
    importer.run(_rows(run), reason=run.reason or f"Imported from {run.name}.", dry=run.dry, skip=run.skip, so_far=mine)


def _rows(run: ImportRun) -> Iterator[tuple[int, list[str]]]:
    for number, cells in read_rows(kept(run.sha256)):
        if number % _LOOK_EVERY == 0:
            demand_running()
        yield number, cells


def found_of(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it is kept with the progress."""
    return {name: getattr(outcome, name) for name in COUNTS} | {
        "problems": [asdict(one) for one in outcome.problems],
        "unknown": {name: dict(texts.most_common(_MOST_TEXTS)) for name, texts in outcome.unknown.items()},
    }
