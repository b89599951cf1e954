"""The AI Act's classification: a pure walk over answers, in which an unknown answer follows both branches."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple

import msgspec

from upright.catalogue.catalogue import Catalogue, suggestion
from upright.catalogue.reading import CatalogueError
from upright.catalogue.types import Requirement, Value
from upright.catalogue.types import plain as as_plain

FRAMEWORK = "eu-ai-act"
Answers = Mapping[str, str | list[str]]


class Branch(Value, frozen=True, kw_only=True):
    """What one answer does: outcomes it adds, and the question that follows (none: the walk ends)."""

    add_outcomes: tuple[str, ...] = ()
    next: str | None = None
    stop: bool = False


class Option(Value, frozen=True, kw_only=True):
    """A way to say yes. One that does not stop is recorded, and the walk goes on as for no."""

    id: str
    what: str = ""
    reference: str = ""
    stops: bool = True


class Question(Value, frozen=True, kw_only=True):
    """One question of the walk."""

    id: str
    question: str
    reference: str
    if_yes: Branch
    if_no: Branch
    options: tuple[Option, ...] = ()
    hint: str = ""
    automatic: bool = False


class Outcome(Value, frozen=True, kw_only=True):
    """A class a subject can fall into, and the obligations that come with it."""

    id: str
    class_id: str
    title: str
    obligations: tuple[str, ...] = ()
    precautionary_obligations: tuple[str, ...] = ()
    removes_obligations: tuple[str, ...] = ()
    applies_from: str | None = None
    originally: str | None = None
    note: str = ""
    confirmed: bool = True


class Obligation(Value, frozen=True, kw_only=True):
    """A duty that a class brings, by its local id, with the earliest date it applies on the routes taken.

    ``certain`` is false where only a possible outcome brings it.
    """

    id: str
    applies_from: str | None
    certain: bool = True


class Classification(Value, frozen=True, kw_only=True):
    """Where answers lead. ``outcomes`` lie on every branch, ``possible`` on some; ``undetermined`` names what is open.

    ``severity`` is the most severe level among outcomes and possible ones (contracts 11): an open class
    counts as the worst it can be.
    """

    outcomes: tuple[str, ...]
    possible: tuple[str, ...]
    undetermined: tuple[str, ...]
    because: tuple[str, ...]
    obligations: tuple[Obligation, ...]
    classes: tuple[str, ...]
    severity: str

    def to_json(self) -> dict[str, Any]:
        """The document that ``upright classify --format json`` prints (contracts 10)."""
        plain: dict[str, Any] = {"upright": 1, **as_plain(self)}
        for obligation in plain["obligations"]:
            if obligation["certain"]:
                del obligation["certain"]
        return plain


class Rules:
    """The walk as the reference fixes it: questions, outcomes, severity."""

    def __init__(self, plain: Mapping[str, Any]) -> None:
        questions = msgspec.convert([_with_options(q) for q in plain["questions"]], tuple[Question, ...])
        outcomes = msgspec.convert(plain["outcomes"], tuple[Outcome, ...])
        self.start: str = plain["start"]
        self.questions = {question.id: question for question in questions}
        self.outcomes = {outcome.id: outcome for outcome in outcomes}
        self.any_system: Mapping[str, Any] = plain["any_ai_system"]
        self.severities: tuple[str, ...] = tuple(level["id"] for level in plain["severity"])
        self._level = {name: n for n, level in enumerate(plain["severity"]) for name in level["classes"]}

    def level(self, outcome: str) -> int:
        """How severe an outcome is: a position in ``severities``, 0 the mildest."""
        return self._level[self.outcomes[outcome].class_id]

    @cached_property
    def residual(self) -> str:
        """The automatic question, asked when nothing else came out."""
        return next(question.id for question in self.questions.values() if question.automatic)


def rules(catalogue: Catalogue) -> Rules:
    """The classification rules that a catalogue carries.

    Raises:
        CatalogueError: it has no EU AI Act.
    """
    framework = catalogue.frameworks.get(FRAMEWORK)
    if framework is None:
        raise CatalogueError(f"This catalogue has no {FRAMEWORK}, so nothing can be classified.", code="UP-CAT-09")
    return Rules(framework.facts["classification"])


def classify(answers: Answers, catalogue: Catalogue) -> Classification:
    """Which classes of the AI Act a subject falls into. Pure; a missing answer is ``unknown``.

    Args:
        answers: question id to ``yes``, ``no``, ``unknown``, an option id, or a list of option ids (which means yes).
        catalogue: its EU AI Act holds questions, outcomes and obligations.

    Raises:
        CatalogueError: an unknown question or option; the message suggests near ones.

    >>> answers = {f"Q{n}": "no" for n in (0, 3, 4, 5, 13)} | {"Q1": "yes", "Q2": "yes", "Q8": "III-5-b", "Q9": "yes"}
    >>> answers |= {f"Q12-{n}": "no" for n in range(1, 6)}
    >>> found = classify(answers, Catalogue.load())
    >>> found.outcomes, found.undetermined, found.severity
    (('OUT-HR-III',), (), 'high-risk')
    """
    walk = Walk(rules(catalogue), answers)
    return walk.result(catalogue)


class Reach(NamedTuple):
    """What lies ahead of a point of the walk: outcomes on every path, on some, and whether a path meets none."""

    sure: frozenset[str] = frozenset()
    some: frozenset[str] = frozenset()
    can_be_none: bool = True


class Walk:
    """One walk: reads the answers, follows the branches, gathers outcomes and open questions."""

    def __init__(self, found: Rules, answers: Answers) -> None:
        self.rules = found
        self.answers = {name: _checked(found, name, value) for name, value in answers.items()}
        self._memo: dict[str | None, Reach] = {None: Reach(), found.residual: Reach()}
        self.open: list[str] = []
        self.because: list[str] = []

    def result(self, catalogue: Catalogue) -> Classification:
        """The classification of these answers."""
        sure, some, can_be_none = self._from(self.rules.start)
        residual = frozenset(self.rules.questions[self.rules.residual].if_yes.add_outcomes)
        if not some and not self.open:  # every stop adds an outcome, so this path ended at the residual question
            sure = residual
            self.because.append("No other class came out, so the risk is minimal.")
        possible = some - sure
        undetermined = tuple(self.open) if possible or (self.open and not sure) else ()
        # The residual class is not given while a question is open, but severity and duties count with it.
        open_to = possible | (residual if undetermined and can_be_none else frozenset())
        levels = [self.rules.level(name) for name in sure | open_to]
        return Classification(
            outcomes=self._in_order(sure),
            possible=self._in_order(possible),
            undetermined=undetermined,
            because=tuple(self.because),
            obligations=self._obligations(sure, open_to, catalogue),
            classes=tuple(dict.fromkeys(self.rules.outcomes[name].class_id for name in self._in_order(sure))),
            severity=self.rules.severities[max(levels)],
        )

    def _in_order(self, outcomes: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(outcomes, key=list(self.rules.outcomes).index))

    def _from(self, name: str | None) -> Reach:
        if name not in self._memo:
            assert name is not None
            question = self.rules.questions[name]
            answer = self._answer(question)
            if answer == "unknown":
                self.open.append(name)
                yes, no = self._along(question.if_yes), self._along(question.if_no)
                self._memo[name] = Reach(yes.sure & no.sure, yes.some | no.some, yes.can_be_none or no.can_be_none)
            else:
                self._memo[name] = self._along(question.if_yes if answer == "yes" else question.if_no)
        return self._memo[name]

    def _along(self, branch: Branch) -> Reach:
        ahead = Reach() if branch.stop else self._from(branch.next)
        added = set(branch.add_outcomes)
        return Reach(ahead.sure | added, ahead.some | added, ahead.can_be_none and not added)

    def _answer(self, question: Question) -> str:
        chosen = self.answers.get(question.id, ["unknown"])
        if chosen[0] in {"yes", "no", "unknown"}:
            self._explain(question, chosen[0], "")
            return chosen[0]
        options = [option for option in question.options if option.id in chosen]
        goes_on = not any(option.stops for option in options)
        what = "; ".join(f"{option.id} {option.what}".strip() for option in options)
        self._explain(question, "recorded, and the walk goes on" if goes_on else "yes", f" ({what})")
        return "no" if goes_on else "yes"

    def _explain(self, question: Question, answer: str, detail: str) -> None:
        branch = question.if_yes if answer == "yes" else question.if_no
        adds = [] if answer == "unknown" else [self.rules.outcomes[name].title for name in branch.add_outcomes]
        tail = f", hence: {'; '.join(adds)}" if adds else ""
        self.because.append(f"{question.id} {question.question} ({question.reference}): {answer}{detail}{tail}.")

    def _obligations(
        self, sure: frozenset[str], open_to: frozenset[str], catalogue: Catalogue
    ) -> tuple[Obligation, ...]:
        relieved = {duty for name in sure for duty in self.rules.outcomes[name].removes_obligations}
        certain = self._duties(sure) - relieved
        every = self._duties(sure | open_to) - relieved
        known = {r.local: r for r in catalogue.frameworks[FRAMEWORK].requirements}
        classes = {self.rules.outcomes[name].class_id for name in sure | open_to}
        return tuple(
            Obligation(id=duty, applies_from=applies_from(known[duty], classes), certain=duty in certain)
            for duty in known
            if duty in every
        )

    def _duties(self, outcomes: Iterable[str]) -> set[str]:
        is_system = self.answers.get("Q0", ["unknown"])[0] != "yes"
        duties: set[str] = set()
        for name in outcomes:
            outcome = self.rules.outcomes[name]
            duties |= {*outcome.obligations, *outcome.precautionary_obligations}
            if is_system and outcome.class_id not in self.rules.any_system["unless_class"]:
                duties |= set(self.rules.any_system["obligations"])
        return duties


def applies_from(requirement: Requirement, classes: Iterable[str]) -> str | None:
    """The earliest date on which a duty applies to any of ``classes`` (the strictest reading), or None.

    Dates stand under a class, under ``all``, or under a paragraph, which counts for every class.
    """
    if requirement.applies is None:
        return None
    dates = requirement.applies.dates
    own = [date for name, date in dates.items() if name in set(classes)]
    general = [date for name, date in dates.items() if name not in requirement.applies.classes]
    found = own or [date for date in general if date] or list(dates.values())
    return min(found) if found else None


def _with_options(plain: Mapping[str, Any]) -> dict[str, Any]:
    options = [{"id": o} if isinstance(o, str) else o for o in plain.get("options", ())]
    return {**plain, "options": options}


def _checked(found: Rules, name: str, value: object) -> list[str]:
    question = found.questions.get(name)
    if question is None:
        raise CatalogueError(
            f"{name!r} is not a question of the classification.{suggestion(name, found.questions)}", code="UP-CAT-10"
        )
    chosen = [value] if isinstance(value, str) else value
    options = [option.id for option in question.options]
    words: tuple[Literal["yes", "no", "unknown"], ...] = ("yes", "no", "unknown")
    if not isinstance(chosen, list) or not chosen or not all(isinstance(part, str) for part in chosen):
        raise CatalogueError(f"{name}: found {value!r}; expected yes, no, unknown or an option.", code="UP-CAT-11")
    if len(chosen) == 1 and chosen[0] in words:
        return chosen
    for part in chosen:
        if part not in options:
            expected = ", ".join((*words, *options))
            raise CatalogueError(
                f"{name}: {part!r} is not an answer; expected {expected}.{suggestion(part, options)}", code="UP-CAT-11"
            )
    return chosen
