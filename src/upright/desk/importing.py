"""A spreadsheet into records: columns and values mapped, every problem named by row and column, written in batches.

A row is matched by key, reference or the type's external id, and changed; else it is new. Run again, it changes
nothing: an import that was broken off is resumed by running it once more.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from upright.desk.description import RecordType
from upright.desk.exporting import cell, header
from upright.desk.fields import LinesField, RecordChoiceField
from upright.desk.forms import form_class, form_data
from upright.desk.values import label
from upright.desk.visible import visible
from upright.kernel import Actor, InputError, key_of
from upright.records.identity import editing
from upright.records.identity.power import Powers
from upright.records.trail.days import bringing_history, overdue_told
from upright.records.trail.door import change, rehearse
from upright.records.trail.errors import said
from upright.records.trail.record import Record
from upright.records.trail.references import demand_claimable

MOST_PROBLEMS = 500
BATCH = 200  # rows a transaction: while one is written, whoever else writes waits, and a log-in is a write too
_MOST_NAMED = 5000
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
Rows = Iterable[tuple[int, list[str]]]


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """Which column fills which field, what a value means; and whether the file tells what was so elsewhere (0290)."""

    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    history: bool = False


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that cannot be imported as it is."""

    row: int
    column: str
    found: str
    says: str


@dataclass(kw_only=True)
class Outcome:
    """What a dry run found, or an import did; ``problems`` holds the first 500, ``refused`` counts all such rows."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    problems: list[Problem] = field(default_factory=list)
    unknown: dict[str, Counter[str]] = field(default_factory=dict)
    """Texts of choices and links that mean nothing yet, by field: what a mapping of values answers."""


@dataclass(kw_only=True)
class SoFar:
    """How far an import is: the last row that was gone through, what came of all up to it, and where that is kept.

    ``keep`` is called within the transaction that writes a batch, so that what is written is never written again.
    """

    row: int = 0
    outcome: Outcome = field(default_factory=Outcome)
    keep: Callable[["SoFar"], None] = lambda _: None


def propose(described: RecordType, heads: Iterable[str]) -> dict[str, str]:
    """Which field each column fills, by name or label; the empty text for those that fill none."""
    known = {_plain(name): name for name in header(described)}
    known |= {_plain(label(described.model, name)): name for name in described.fields}
    found: dict[str, str] = {}
    for head in heads:
        name = known.get(_plain(head), "")
        found[head] = "" if name in found.values() else name
    return found


class Importer:
    """One import of one type by one person: ``actor`` came in by ``import``, so that its history says so."""

    def __init__(self, described: RecordType, mapped: Mapped, *, actor: Actor, powers: Powers) -> None:
        wrong = sorted({name for name in mapped.columns.values() if name} - set(header(described)))
        if wrong:
            raise InputError(f"{described.title} has no field {wrong[0]!r}.", code="UP-IMPORT-03")
        self.described, self.mapped, self.powers = described, mapped, powers
        self.actor = Actor(actor.ref, "import")
        self._form = form_class(described)({}, powers=powers)
        self._meanings = {name: self._meaning(name) for name in described.written}
        self._seen: set[str] = set()

    def run(
        self, rows: Rows, *, reason: str = "", dry: bool, skip: bool = False, so_far: "SoFar | None" = None
    ) -> Outcome:
        """Goes through a file once; ``dry`` writes nothing, ``skip`` leaves out rows with a problem.

        ``so_far`` says where an earlier try left off, and keeps how far this one is, with what it writes.

        Raises:
            InputError: without ``skip``, at the first batch with a problem; the batches before it stay written.
        """
        mine = so_far or SoFar()
        outcome, heads = mine.outcome, [""]
        rest = iter(rows)
        for _, heads in islice(rest, 1):
            missing = [head for head in self.mapped.columns if head not in heads]
            if missing:
                raise InputError(f"The file has no column {missing[0]!r}.", code="UP-IMPORT-03")
        rest = (one for one in rest if one[0] > mine.row)
        with bringing_history() if self.mapped.history else nullcontext():
            while batch := list(islice(rest, BATCH)):
                self._batch(batch, heads, mine, reason, dry=dry, skip=skip)
        return outcome

    def _batch(
        self, batch: list[tuple[int, list[str]]], heads: list[str], mine: "SoFar", reason: str, *, dry: bool, skip: bool
    ) -> None:
        outcome = mine.outcome
        named = [(number, self._named(heads, cells)) for number, cells in batch]
        there = self._there([values for _, values in named])
        writing: list[tuple[int, Record, bool, dict[str, str]]] = []
        for number, values in named:
            outcome.rows += 1
            record = self._existing(values, there)
            is_new = record is None
            record = self.described.model() if record is None else record
            told: dict[str, str] = {}
            problems = self._problems(number, record, values, outcome, told, dry=dry)
            if problems:
                outcome.refused += 1
                outcome.problems += problems[: MOST_PROBLEMS - len(outcome.problems)]
                if not dry and not skip:
                    one = problems[0]
                    raise InputError(f"Row {one.row}, {one.column}: {one.says}", code="UP-IMPORT-04")
            elif not is_new and not self._form.changed:
                outcome.same += 1
            else:
                writing.append((number, self._form.instance, is_new, told))
        outcome.added += sum(is_new for _, _, is_new, _ in writing)
        outcome.changed += sum(not is_new for _, _, is_new, _ in writing)
        mine.row = batch[-1][0]
        with change() if not dry and writing else nullcontext():
            for number, record, _, told in writing if not dry else ():
                self._write(number, record, reason, told)
            mine.keep(mine)

    def _write(self, number: int, record: Record, reason: str, told: Mapping[str, str]) -> None:
        verb = editing.add if record.is_new else editing.edit
        try:
            verb(record, actor=self.actor, reason=overdue_told(record, reason), powers=self.powers)
            if told:
                editing.take_over(record, told, actor=self.actor, reason=reason)
        except (ValidationError, InputError) as why:
            raise InputError(
                f"Row {number}: {said(why)} The rows of its batch were not written.", code="UP-IMPORT-04"
            ) from None

    def _named(self, heads: list[str], cells: list[str]) -> dict[str, str]:
        found = {}
        for head, text in zip(heads, cells, strict=False):
            if name := self.mapped.columns.get(head):
                found[name] = self.mapped.values.get(name, {}).get(text.strip(), text)
        return found

    def _keys(self, values: Mapping[str, str]) -> dict[str, str]:
        """By what a row names the record that it changes: key, reference, external id."""
        named = {key: values.get(key, "").strip() for key in ("id", "ref", self.described.external_id or "ref")}
        named["id"] = str(key_of(named["id"]) or "")
        return {key: text for key, text in named.items() if text}

    def _there(self, rows: list[dict[str, str]]) -> dict[tuple[str, str], Record]:
        wanted: dict[str, set[str]] = {}
        for key, text in chain.from_iterable(self._keys(values).items() for values in rows):
            wanted.setdefault(key, set()).add(text)
        found: dict[tuple[str, str], Record] = {}
        for key, texts in wanted.items():
            query = visible(self.described.model, self.powers).filter(**{f"{key}__in": texts})
            found |= {(key, str(getattr(one, key))): one for one in query}
        return found

    def _existing(self, values: Mapping[str, str], there: Mapping[tuple[str, str], Record]) -> Record | None:
        return next((there[key] for key in self._keys(values).items() if key in there), None)

    def _problems(
        self, number: int, record: Record, values: dict[str, str], outcome: Outcome, told: dict[str, str], *, dry: bool
    ) -> list[Problem]:
        columns = {name: head for head, name in self.mapped.columns.items() if name}
        found: list[Problem] = []
        by_verb: dict[str, str] = {}

        def problem(name: str, says: str) -> None:
            found.append(
                Problem(row=number, column=columns.get(name, name), found=values.get(name, "")[:80], says=says)
            )

        before = form_data(record, self.described)
        given = dict(before)
        for name, text in values.items():
            if name in {"id", "ref"}:
                continue
            if name not in self._meanings:
                if text.strip() and text.strip() != cell(before[name]):
                    by_verb[name] = text.strip()
                continue
            meaning = self._meanings[name](text) if text.strip() else ""
            if meaning is None:
                outcome.unknown.setdefault(name, Counter())[text.strip()[:200]] += 1
                problem(name, f"“{text.strip()[:80]}” is none of its values; say what it means.")
            else:
                given[name] = meaning
        self._form.again(given, record)
        named = {one.column for one in found}
        for name, errors in self._form.errors.as_data().items():
            if columns.get(name, name) not in named:
                problem(name, " ".join(map(said, errors)))
        for name, why in self._refusals(record, values):
            problem(name, why)
        for name, why in () if found else self._verb_refuses(record, by_verb, told, dry=dry):
            problem(name, why)
        return found

    def _verb_refuses(
        self, record: Record, by_verb: Mapping[str, str], told: dict[str, str], *, dry: bool
    ) -> Iterator[tuple[str, str]]:
        """What the verb that adds such records has against a row; and where the file says other than it fills in.

        Whom the file names for a field that says who acts is put into ``told``.
        """
        model = type(record)
        if record.is_new and (dry or by_verb) and editing.has_adder(model):
            try:
                rehearse(lambda: editing.add(record, actor=self.actor, powers=self.powers))
            except (ValidationError, InputError) as why:
                yield "ref", said(why)
                return
        filled = form_data(record, self.described)
        for name, text in by_verb.items():
            if text == cell(filled[name]):
                continue
            if record.is_new and name in editing.told_fields(model):
                try:
                    editing.demand_known(text)
                except InputError as why:
                    yield name, said(why)
                told[name] = text
            else:
                yield name, said(editing.decided_elsewhere(text))

    def _refusals(self, record: Record, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        verb = "add" if record.is_new else "change"
        if not self._form.errors and not self.powers.may(self.described.right(verb), record):
            yield "ref", f"You may not {verb} this here."
        if not record.is_new:
            return
        if given := values.get("id", "").strip():
            if key := key_of(given):
                record.id = key
            else:
                yield "id", "Not a key; leave it empty for a new record."
        record.ref = values.get("ref", "").strip()
        try:
            ref = demand_claimable(record)
        except InputError as why:
            yield "ref", why.message
            return
        if ref and ref in self._seen:
            yield "ref", f"{ref} stands in an earlier row too."
        self._seen.add(ref)

    def _meaning(self, name: str) -> Any:
        asked = self._form.fields[name]
        if isinstance(asked, RecordChoiceField):
            return _link_meaning(asked)
        if isinstance(asked, forms.BooleanField):
            return lambda text: _WORDS.get(text.strip().lower())
        pairs: Any = self.described.model._meta.get_field(name)
        if isinstance(asked, LinesField) or not getattr(pairs, "choices", None):
            return lambda text: text
        words = {_plain(str(word)): str(value) for value, word in pairs.flatchoices}
        words |= {_plain(str(value)): str(value) for value, _ in pairs.flatchoices}
        return lambda text: words.get(_plain(text))


def _link_meaning(asked: RecordChoiceField) -> Any:
    """By reference; else by what one record alone is called: its name, its short name, a person's e-mail address."""
    rows = [] if asked.queryset is None else list(asked.queryset[:_MOST_NAMED])
    called = [(word, row.ref) for row in rows for word in {_plain(one) for one in _called(row)}]
    names = Counter(word for word, _ in called)
    words = {word: ref for word, ref in called if names[word] == 1}
    asked.known = {row.ref: row for row in rows}
    return lambda text: text.strip() if ":" in text else words.get(_plain(text))


def _called(row: Record) -> Iterator[str]:
    yield str(row)
    yield row.ref.partition(":")[2]
    if email := getattr(row, "email", ""):
        yield email


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").lower().split())
