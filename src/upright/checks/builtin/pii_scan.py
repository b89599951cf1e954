"""Where in a table is personal data, and how much? By form and checksum, column by column."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, Run, check
from upright.checks.inputs import demand_rows, table_of
from upright.checks.judge import judge
from upright.checks.personal.names import LEAST, ORDINARY, sample, sampled
from upright.checks.personal.patterns import TYPES
from upright.checks.personal.scan import LONGEST, ColumnScan, scan_table, shown
from upright.checks.tables import demand_columns
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError
from upright.measures.estimate import Estimate, exact
from upright.measures.intervals import none_found
from upright.measures.quality import plain_share

SHARE, UNDECLARED = "personal_data_share", "undeclared_columns"
_ANY = "ANY"
_MOST_SAMPLED = 10_000


@check(
    "pii-scan",
    version="3",
    kinds=("pii-scan",),
    about=("dataset",),
    measures=(UNDECLARED, SHARE),
    default_limits={UNDECLARED: {"at_most": "0"}},
)
def pii_scan(*, declared: Mapping[str, Any] = {}, sample_size: int = 200) -> Run:
    """Looks for personal data in every column: e-mail, telephone, card, IBAN, national numbers of 27 countries, IP.

    Checksums and ranges are verified. Where the numbers of a column pass a checksum no oftener than random ones would,
    that is chance, and is listed as such. ``declared`` names columns that are known to hold personal data, with the
    types, ``{contact: [EMAIL, PHONE]}``; anything else counts in ``undeclared_columns``, which by default may not be
    above 0. ``personal_data_share`` is the share of a column's values with an interval; where nothing was found, its
    upper bound is about 3 in n. Names and addresses carry no check: ``sample_size`` different texts of each column are
    looked at, for names with the extra ``presidio``, and a column holds them where surely more texts look so than in
    any ordinary column; without the extra, names are listed as not examined. What was found is never repeated: the
    artefact shows shapes, with every letter and digit replaced, and a column whose name is itself personal data goes
    by its place.
    """
    known = {column: _types(column, types) for column, types in declared.items()}
    if not LEAST <= sample_size <= _MOST_SAMPLED:
        raise InputError(
            f"sample_size is {sample_size}; expected {LEAST} to {_MOST_SAMPLED:,} texts a column.", code="UP-CHECK-98"
        )

    def run(binding: Binding, context: Context) -> CheckResult:
        source = table_of(binding)
        table = context.open_table(source)
        rows = demand_rows(table, source)
        demand_columns(table, known, str(source.ref))
        found = list(scan_table(table))
        texts = {one.name: sample(table, one.name, sample_size) for one in found if one.is_text and one.rows}
        looks, unnamed = sampled(texts, context)
        found = [replace(one, sampled=looks.get(one.name, ())) for one in found]
        undeclared = [one for one in found if _surprises(one, known.get(one.name, ()))]
        estimates = [exact(UNDECLARED, len(undeclared), n=rows, unit="columns")]
        judgement = judge([*estimates, *_shares(found)], binding.limits)
        surprises = tuple(_explained(judgement.reasons, undeclared, known))
        text = json.dumps(_document(found, known), indent=1, sort_keys=True).encode()
        return CheckResult(
            result=judgement.result,
            measurements=judgement.measurements,
            reasons=(*surprises, *judgement.reasons),
            not_examined=(*judgement.not_examined, *_not_examined(found, rows, unnamed)),
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
    values += [each.type for each in one.sampled if each.is_found and each.type not in declared]
    return [*values, *(f"{name} as its own name" for name in one.named_after if name not in declared)]


def _explained(
    reasons: Sequence[Reason], undeclared: Sequence[ColumnScan], known: Mapping[str, Sequence[str]]
) -> Iterator[Reason]:
    """Which columns are meant, where their number fails."""
    for reason in reasons:
        if undeclared and reason.outcome == "failed" and reason.limit.startswith(UNDECLARED):
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
        for each in one.sampled:
            if each.is_found:
                share = plain_share(each.hits, each.looked_at)
                yield Estimate(
                    name=SHARE, value=share.value, n=each.looked_at, unit="share", interval=share.interval,
                    method=f"wilson, of a sample of different texts; {each.how}",
                    group={"column": one.label, "type": each.type},
                )  # fmt: skip
        if not real and one.rows and not one.unread and not any(each.is_found for each in one.sampled):
            yield Estimate(
                name=SHARE, value=0.0, n=one.rows, unit="share", method="rule of three",
                interval=partial(none_found, one.rows), group={"column": one.label, "type": _ANY},
            )  # fmt: skip


def _not_examined(found: Sequence[ColumnScan], rows: int, unnamed: str) -> Iterator[NotExamined]:
    if unnamed:
        yield NotExamined(what="names in texts", why=unnamed, count=rows)
    for one in found:
        if one.is_text and one.rows and not one.sampled:
            why = f"they carry no check, and fewer than {LEAST} different texts tell nothing of a column"
            yield NotExamined(what=f"names and addresses in column {one.label}", why=why, count=one.rows)
        for look in one.sampled:
            if look.hits and not look.is_found:
                why = (
                    f"{look.hits} of {look.looked_at} different texts look like it; in ordinary columns up to "
                    f"{100 * ORDINARY[look.type]:g} % do"
                )
                yield NotExamined(what=f"{look.type} in column {one.label}, taken for chance", why=why, count=look.hits)
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
                "sampled": {
                    each.type: {
                        "texts": each.looked_at,
                        "look_so": each.hits,
                        "found": each.is_found,
                        "shapes": each.shapes,
                        "by": each.how,
                    }
                    for each in one.sampled
                },
            }
            for one in found
        ]
    }
