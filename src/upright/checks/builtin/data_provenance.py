"""Where a data set comes from: origin, licence, period and steps as declared, tied to its bytes by digest."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.croissant import croissant_document, read_croissant
from upright.checks.inputs import demand_rows, table_of
from upright.checks.judge import judge
from upright.evidence.statement import NotExamined, Reason
from upright.measures.estimate import Estimate, exact

if TYPE_CHECKING:
    from ibis.expr.types import Table

PARTS = ("origin", "licence", "collected", "steps")


@check(
    "data-provenance",
    version="1",
    kinds=("data-provenance",),
    about=("dataset",),
    measures=("undeclared_parts", "contradictions", "columns"),
    default_limits={"undeclared_parts": {"at_most": "0"}, "contradictions": {"at_most": "0"}},
)
def data_provenance(*, expect: tuple[str, ...] = PARTS) -> Run:
    """Checks that a data set says where it comes from: ``origin``, ``licence``, ``collected`` (when) and ``steps``.

    A part that is not declared, or is empty, is counted. Where a Croissant file is named, what it says of licence and
    of the file's SHA-256 must agree. What is declared is a statement of the organisation; the check ties it to the
    bytes and cannot know whether it is true. Writes ``croissant.json`` with digest and columns.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        table = context.open_table(source)
        demand_rows(table, source)
        declared = source.declared
        missing = [part for part in expect if not _is_said(declared.get(part))]
        contradictions = list(_contradictions(source, declared))
        found: list[Estimate] = [
            exact("undeclared_parts", len(missing), n=len(expect), unit="parts"),
            exact("contradictions", len(contradictions), n=len(expect), unit="contradictions"),
            exact("columns", len(table.columns), n=len(table.columns), unit="columns"),
        ]
        also = [Reason(limit="undeclared_parts", outcome="failed", because=_ask(source, part)) for part in missing]
        also += [Reason(limit="contradictions", outcome="failed", because=text) for text in contradictions]
        if source.hold == "declared":
            because = "the data set is not tied to bytes, so nobody can tell whether these are the data described"
            also.append(Reason(limit="", outcome="undecided", because=because))
        unseen = NotExamined(
            what="truth of what is declared", why="a check sees the declaration, not the source", count=1
        )
        judgement = judge(found, binding.limits, also=[one for one in also if one.outcome != "failed"])
        explained = tuple(one for one in also if one.outcome == "failed" and judgement.result == "failed")
        return CheckResult(
            result=judgement.result,
            measurements=judgement.measurements,
            reasons=(*judgement.reasons, *explained),
            not_examined=(unseen,),
            artefacts=(_written(source, table),),
        )

    return run


def _is_said(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(_is_said(one) for one in value)
    return value is not None and bool(str(value).strip())


def _ask(source: TableSource, part: str) -> str:
    asked = {
        "origin": "who collected the data, and where",
        "licence": "under which licence or agreement they are used, such as CC-BY-4.0",
        "collected": "when they were collected, such as 1990-01/1990-12",
        "steps": "what was done to them since, one line per step (none: ['none'])",
    }
    return f"{source.ref} does not declare `{part}`: say {asked.get(part, 'it')}"


def _contradictions(source: TableSource, declared: Mapping[str, Any]) -> Iterator[str]:
    """What the named Croissant file says otherwise than the manifest and the bytes."""
    if not declared.get("croissant"):
        return
    told = read_croissant(Path(str(declared["croissant"])))
    licence = str(declared.get("licence") or "")
    if told.licence and licence and told.licence.rstrip("/") != licence.rstrip("/"):
        yield f"the Croissant file gives the licence {told.licence!r}, the manifest {licence!r}"
    if told.digests and source.hold == "bytes" and source.digest not in told.digests:
        yield f"the Croissant file gives SHA-256 {', '.join(sorted(told.digests))}, the file has {source.digest}"


def _written(source: TableSource, table: "Table") -> ArtefactBytes:
    columns = [(name, str(kind)) for name, kind in table.schema().items()]
    text = json.dumps(croissant_document(source, columns), indent=1, ensure_ascii=False, sort_keys=False)
    return ArtefactBytes(name="croissant.json", media_type="application/ld+json", data=text.encode() + b"\n")
