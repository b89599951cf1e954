"""Where in a table is personal data, and how much? By form and checksum, column by column."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, Run, check
from upright.checks.inputs import demand_rows, table_of
from upright.checks.judge import judge
from upright.checks.personal.patterns import NOT_LOOKED_FOR, TYPES
from upright.checks.personal.scan import LONGEST, ColumnScan, scan_table, shown
from upright.checks.tables import demand_columns
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError
from upright.measures.estimate import Estimate, exact
from upright.measures.intervals import none_found
from upright.measures.quality import plain_share

SHARE, UNDECLARED = "personal_data_share", "undeclared_columns"
_ANY = "ANY"


@check(
    "pii-scan",
    version="1",
    kinds=("pii-scan",),
    about=("dataset",),
    measures=(UNDECLARED, SHARE),
    default_limits={UNDECLARED: {"at_most": "0"}},
)
def pii_scan(*, declared: Mapping[str, Any] = {}) -> Run:
    """Looks for personal data in every column: e-mail, telephone, card, IBAN, national numbers of 27 countries, IP.

    Checksums and ranges are verified. Where the numbers of a column pass a checksum no oftener than random ones would,
    that is chance, and is listed as such. ``declared`` names columns that are known to hold personal data, with the
    types, ``{contact: [EMAIL, PHONE]}``; anything else counts in ``undeclared_columns``, which by default may not be
    above 0. ``personal_data_share`` is the share of a column's values with an interval; where nothing was found, its
    upper bound is about 3 in n. Names and addresses have no form to verify: they are not looked for, and that is
    listed. What was found is never repeated: the artefact shows shapes, with every letter and digit replaced, and a
    column whose name is itself personal data goes by its place.
    """
    known = {column: _types(column, types) for column, types in declared.items()}

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        table = context.open_table(source)
        rows = demand_rows(table, source)
        demand_columns(table, known, str(source.ref))
        found = list(scan_table(table))
        undeclared = [one for one in found if _surprises(one, known.get(one.name, ()))]
        estimates = [exact(UNDECLARED, len(undeclared), n=rows, unit="columns")]
        judgement = judge([*estimates, *_shares(found)], binding.limits)
        surprises = tuple(_explained(judgement.reasons, undeclared, known))
        text = json.dumps(_document(found, known), indent=1, sort_keys=True).encode()
        return CheckResult(
            result=judgement.result,
            measurements=judgement.measurements,
            reasons=(*surprises, *judgement.reasons),
            not_examined=(*judgement.not_examined, *_not_examined(found, rows)),
            artefacts=(ArtefactBytes(name="personal-data.json", media_type="application/json", data=text),),
        )

    return run


def _types(column: str, types: Any) -> tuple[str, ...]:
    given = [types] if isinstance(types, str) else types
    if not isinstance(given, Sequence) or not set(given) <= set(TYPES):
        raise InputError(f"declared: {column}: {types!r}; expected a list of {', '.join(TYPES)}.", code="UP-CHECK-98")
    return tuple(given)


def _surprises(one: ColumnScan, declared: Sequence[str]) -> list[str]:
    """Types that nobody declared, among the values and in the column's own name."""
    values = [name for name, found in one.types.items() if found.rows and not found.is_chance and name not in declared]
    return [*values, *(f"{name} as its own name" for name in one.named_after if name not in declared)]


def _explained(
    reasons: Sequence[Reason], undeclared: Sequence[ColumnScan], known: Mapping[str, Sequence[str]]
) -> Iterator[Reason]:
    """Which columns are meant, where their number fails."""
    for reason in reasons:
        if reason.outcome == "failed" and reason.limit.startswith(UNDECLARED):
            columns = (f"{one.label}: {', '.join(_surprises(one, known.get(one.name, ())))}" for one in undeclared)
            yield Reason(limit=reason.limit, outcome="failed", because="; ".join(columns))


def _shares(found: Sequence[ColumnScan]) -> Iterator[Estimate]:
    for one in found:
        real = {name: each for name, each in one.types.items() if each.rows and not each.is_chance}
        for name in sorted(real):
            share = plain_share(real[name].rows, one.rows)
            yield Estimate(
                name=SHARE, value=share.value, n=one.rows, unit="share", method="wilson", interval=share.interval,
                group={"column": one.label, "type": name},
            )  # fmt: skip
        if not real and one.rows and not one.unread:
            yield Estimate(
                name=SHARE, value=0.0, n=one.rows, unit="share", method="rule of three",
                interval=partial(none_found, one.rows), group={"column": one.label, "type": _ANY},
            )  # fmt: skip


def _not_examined(found: Sequence[ColumnScan], rows: int) -> Iterator[NotExamined]:
    looked_for = " and ".join(name.lower() for name in NOT_LOOKED_FOR)
    yield NotExamined(what=f"{looked_for} in texts", why="they have no form that could be verified", count=rows)
    for one in found:
        if one.unread:
            yield NotExamined(what=f"column {one.label}", why=one.unread, count=one.rows)
        if one.cut:
            why = f"longer than {LONGEST:,} characters; only those were read"
            yield NotExamined(what=f"texts of column {one.label}", why=why, count=one.cut)
        for name, each in sorted(one.types.items()):
            if each.rows and each.is_chance:
                hidden = max(0.0, each.most_by_chance - each.held)
                why = (
                    f"of {each.candidates:,} different numbers that could be one, {each.held:,} pass the check, as "
                    f"about {each.expected:,.0f} would by chance; fewer than {hidden + 1:,.0f} real ones would not show"
                )
                yield NotExamined(what=f"{name} in column {one.label}, taken for chance", why=why, count=each.rows)


def _document(found: Sequence[ColumnScan], known: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "columns": [
            {
                "column": one.label,
                "rows": one.rows,
                "declared": sorted(known.get(one.name, ())),
                "found": {
                    name: {
                        "rows": each.rows,
                        "by_chance": each.is_chance,
                        "shapes": shown(each),
                        "countries": dict(sorted(each.countries.items())),
                    }
                    for name, each in sorted(one.types.items())
                    if each.rows
                },
            }
            for one in found
        ]
    }
