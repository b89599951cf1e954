"""A small catalogue and Facts of every shape, for the tests of posture and gate."""

import random
from collections.abc import Mapping
from typing import Any

import msgspec

from upright.catalogue import (
    Applies,
    Ask,
    Catalogue,
    Condition,
    Framework,
    GateItem,
    Gates,
    Kind,
    Requirement,
    Stage,
    When,
)
from upright.kernel import plain_bytes, sha256_hex
from upright.posture import Answer, BoundCheck, Edge, FactInput, Facts, Item, SoaRow, Stream, Subject, Waiver
from upright.posture.facts import GateFacts

AT = "2026-06-01T12:00:00.000Z"
BEGUN = "2026-01-01T00:00:00.000Z"
ORGANISATION = "organisation:meridian"
SYSTEM = "system:mortgage"
MODEL = "model:mortgage/scorer"
DATA = "dataset:mortgage/applications"
CHECKED = ("fairness", "leakage", "quality", "scan")
RECORDED = ("policy", "impact", "assessment", "nonconformity", "risk-treatment-plan")


def digest(word: str) -> str:
    return sha256_hex(word.encode())


def day(number: int, hour: int = 0) -> str:
    """Day 1 is the first of January 2026."""
    import datetime as dt

    moment = dt.datetime(2025, 12, 31, hour, tzinfo=dt.UTC) + dt.timedelta(days=number)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def ask(*members: str, about: Any, **more: Any) -> Ask:
    return Ask(all_of=tuple(tuple(member.split("|")) for member in members), about=about, **more)


def framework(name: str, kind: Any, asks: Mapping[str, tuple[Ask, ...]], **applies: Applies) -> Framework:
    found = Framework(
        id=name,
        title=name.capitalize(),
        edition="1",
        kind=kind,
        confirmed=True,
        cautions=(),
        groups=(),
        requirements=tuple(
            Requirement(
                id=f"{name}:{local}",
                framework=name,
                title=f"{name} {local}",
                text="",
                group="",
                confirmed=True,
                asks=some,
                applies=applies.get(local.replace(".", "_").replace("-", "_")),
            )
            for local, some in asks.items()
        ),
        facts={},
    )
    return msgspec.structs.replace(found, digest=sha256_hex(plain_bytes(found)))


def small_catalogue() -> Catalogue:
    standard = framework(
        "standard",
        "management",
        {
            "4.1": (ask("policy", about="organisation", fresh_for="P365D"),),
            "A.1": (
                ask("impact", about="system", fresh_for="P365D"),
                ask("fairness", about="model", mode="must_be_done", fresh_for="P90D"),
            ),
            "A.2": (ask("quality", "scan|leakage", about="dataset", fresh_for="P60D", min_hold="snapshot"),),
            "A.3": (ask("fairness|leakage", about="model", fresh_for="P120D"),),
            "A.4": (ask("assessment", about="supplier", attested=True), ask("policy", about="organisation")),
            "A.5": (
                ask("quality|scan|fairness", about="dataset", when=When(stage=("deployment",))),
                ask("impact", about="system", when=When(traits={"profiling": "yes"})),
            ),
            "A.6": (ask("scan", about="model", min_hold="bytes"), ask("leakage", about="model", mode="must_be_done")),
            "A.8": (ask("fairness", about="model", reproduced=True), ask("quality", about="dataset", reproduced=True)),
            "A.7": (ask("quality", about="dataset", min_hold="window", fresh_for="P30D"),),
        },
    )
    guide = framework(
        "guide",
        "voluntary",
        {"G-1": (ask("quality", about="dataset", attested=True),), "G-2": (ask("policy", about="organisation"),)},
    )
    law = framework(
        "law",
        "law",
        {
            "L-1": (ask("impact", about="system", fresh_for="P365D"), ask("policy", about="organisation")),
            "L-2": (ask("fairness", about="model", fresh_for="P120D"),),
        },
        L_1=Applies(conditions=(Condition(any_of=("profiling",)),), dates={"all": "2025-01-01"}),
        L_2=Applies(roles=("provider",), dates={"all": "2026-12-02"}),
    )
    stages = ("inception", "deployment", "retirement")
    gates = Gates(
        version=1,
        judgement="own",
        confirmed=False,
        stages={
            "inception": (GateItem(kind="impact", about="system", why="Its effect is known."),),
            "deployment": (GateItem(requirement="standard:A.1", why="Effects are assessed."),),
            "retirement": (),
        },
        digest=digest("gates"),
    )
    return Catalogue(
        frameworks={one.id: one for one in (standard, guide, law)},
        kinds={name: _kind(name) for name in (*CHECKED, *RECORDED)},
        gates=gates,
        stages=[Stage(id=name, meaning=name) for name in stages],
        traits={},
    )


def _kind(name: str) -> Kind:
    about: Any = ("model", "dataset") if name in CHECKED else ("system", "organisation", "supplier")
    return Kind(
        id=name,
        meaning=name,
        produced_by="check" if name in CHECKED else "record",
        subject=about,
        status="built",
        fields={},
        example={},
    )


CATALOGUE = small_catalogue()


def facts(**parts: Any) -> Facts:
    """Facts of one system with a model and its data set; give what differs."""
    whole: dict[str, Any] = {
        "at": AT,
        "catalogue": dict(CATALOGUE.digests),
        "scope": ORGANISATION,
        "log": "self-kept",
        "subjects": subjects(),
        "gates": GateFacts(digest=CATALOGUE.gates.digest),
    }
    return Facts(**(whole | parts))


def edge(to: str, role: str = "uses", **more: Any) -> Edge:
    return Edge(to=to, role=role, **({"from_": BEGUN} | more))


def subjects(*, models: int = 1, traits: Mapping[str, str] | None = None) -> tuple[Subject, ...]:
    names = [MODEL, *(f"model:mortgage/other{n}" for n in range(1, models))]
    uses = (*(edge(name) for name in names), edge(DATA), edge("supplier:acme"))
    own = traits if traits is not None else {"stage": "deployment", "modality": "tabular", "profiling": "yes"}
    return (
        Subject(ref=ORGANISATION, type="organisation", digest=digest(ORGANISATION)),
        Subject(ref=SYSTEM, type="system", digest=digest(SYSTEM), edges=uses, traits=own),
        *(Subject(ref=name, type="model", digest=digest(name)) for name in names),
        Subject(ref=DATA, type="dataset", digest=digest(DATA), edges=(edge(MODEL, "predictions_of"),)),
        Subject(ref="supplier:acme", type="supplier", digest=digest("supplier:acme")),
    )


def bound(name: str, subject: str = DATA, kinds: tuple[str, ...] = ("quality",), **more: Any) -> BoundCheck:
    whole: dict[str, Any] = {"limits": {"auc": {"at_least": "0.7"}}, "options": digest("options"), "approved_index": 1}
    return BoundCheck(id=name, system=SYSTEM, subject=subject, kinds=kinds, **(whole | more))


def stream_of(one: BoundCheck, entries: int) -> Stream:
    return Stream(id=one.stream, kinds=one.kinds, subject=one.subject, binding=one.id, entries=entries)


def result(one: BoundCheck, n: int, outcome: str = "passed", **more: Any) -> Item:
    """A run of a bound check that counts in every way; ``number`` of the run is its day, entry and setup."""
    whole: dict[str, Any] = {
        "id": digest(f"{one.id} {n}"),
        "source": "check",
        "kinds": one.kinds,
        "subject": one.subject,
        "binding": one.id,
        "stream": one.stream,
        "n": n,
        "index": 100 + n,
        "recorded": day(100 + n),
        "ended": day(100 + n),
        "result": outcome,
        "inputs": (FactInput(ref=one.subject, digest=digest(one.subject), hold="bytes"),),
        "limits": one.limits,
        "options": one.options,
        "signer": "enrolled",
        "setup": digest(f"setup {n}"),
    }
    return Item(**(whole | more))


def record(kind: str, about: str, n: int = 0, state: str = "approved", **more: Any) -> Item:
    """An approved record about a subject, its run on day 100 + n."""
    whole: dict[str, Any] = {
        "id": digest(f"{kind} {about} {n}"),
        "source": "record",
        "kinds": (kind,),
        "subject": about,
        "binding": None,
        "stream": f"attestation:{about}/{kind}",
        "n": n,
        "index": 200 + n,
        "recorded": day(100 + n),
        "ended": day(100 + n),
        "result": "passed",
        "record_state": state,
        "inputs": (FactInput(ref=about, digest=digest(about), hold="declared"),),
        "signer": "enrolled",
    }
    return Item(**(whole | more))


def with_evidence(*runs: Item, **parts: Any) -> Facts:
    """Facts with these items, their streams as long as they demand, bindings as given in ``bindings``."""
    bindings = {one.stream: one for one in parts.get("bindings", ())}
    streams: dict[str, Stream] = {ref: stream_of(one, 0) for ref, one in bindings.items()}
    for item in runs:
        known = streams.get(item.stream) or Stream(
            id=item.stream, kinds=item.kinds, subject=item.subject, binding=item.binding, entries=0
        )
        streams[item.stream] = msgspec.structs.replace(known, entries=max(known.entries, item.n + 1))
    return facts(**({"items": tuple(runs), "streams": tuple(streams.values())} | parts))


# --- Facts at random -------------------------------------------------------------------------------------------------

EVERY_CHECK = (
    (MODEL, ("fairness",)),
    (MODEL, ("scan", "leakage")),
    (DATA, ("quality",)),
    (DATA, ("scan",)),
    (DATA, ("fairness", "leakage")),
)
EVERY_RECORD = (
    ("policy", ORGANISATION),
    ("impact", SYSTEM),
    ("assessment", "supplier:acme"),
    ("nonconformity", SYSTEM),
    ("risk-treatment-plan", SYSTEM),
)
TREATMENT = digest(f"nonconformity {SYSTEM} 0")


class Made:
    """Makes Facts from a seed. Each part is good but for the share ``wrong``, which differs from seed to seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.wrong = self.random.choice([0.0, 0.02, 0.05, 0.12, 0.3])

    def one(self, good: Any, *bad: Any) -> Any:
        """The good value, or now and then one of the others."""
        return good if self.random.random() >= self.wrong else self.random.choice(bad)

    def some(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def run(self, one: BoundCheck, n: int, index: int) -> Item:
        """One run of a bound check, good in most ways and wrong in some."""
        pick = self.one
        recorded = day(self.some(90 if self.wrong < 0.1 else 40, 151))
        ref = pick(one.subject, SYSTEM)
        current = digest(ref) if pick(True, False) else digest("before")
        inputs = (FactInput(ref=ref, digest=current, hold=pick("bytes", "snapshot", "declared", "window")),)
        if self.random.random() < 0.3:
            inputs += (FactInput(ref=MODEL, digest=digest(pick(MODEL, "before")), hold="bytes"),)
        if self.random.random() < 0.1:
            window = (FactInput(ref=one.subject, digest=digest("rows"), hold="window", from_=day(1), to=day(2)),)
            inputs = pick(window, inputs + window, inputs)
        return Item(
            id=pick(digest(f"{one.id} {n} {index}"), digest(f"run {self.some(0, 20)}")),
            source=pick("check", "imported", "attestation", "record"),
            kinds=pick(one.kinds, one.kinds[:1]),
            subject=pick(one.subject, SYSTEM),
            binding=pick(one.id, None),
            stream=one.stream,
            n=n,
            index=index,
            recorded=recorded,
            ended=pick(recorded, day(self.some(40, 153))),
            result=self.random.choice(["passed"] * 6 + ["failed", "failed", pick("passed", "undecided", "errored")]),
            record_state=pick(None, None, None, "draft", "approved", "rejected"),
            inputs=inputs,
            limits=pick(one.limits, {}, {"auc": {"at_least": "0.8"}}, {"auc": {"at_least": "0.6"}}),
            options=pick(one.options, digest("other")),
            signer=pick("enrolled", "login", "unattributed", "compromised"),
            reproduced=pick("yes", "no", "n/a"),
            setup=self.random.choice(["", digest("s1"), digest("s2"), digest("s3"), digest(str(index))]),
            withdrawn_by=pick(None, digest("withdrawal")),
            done_by=self.random.choice([(), (TREATMENT,), (digest(f"risk-treatment-plan {SYSTEM} 0"),)]),
            open_findings=pick(0, 1, 2),
        )

    def record(self, kind: str, about: str, n: int, index: int) -> Item:
        pick = self.one
        recorded = day(self.some(1, 151))
        return record(
            kind,
            about,
            n,
            pick("approved", "draft", "rejected", "superseded", "withdrawn"),
            index=index,
            recorded=recorded,
            ended=pick(recorded, day(self.some(1, 153))),
            result=pick("passed", "failed"),
            review_by=pick(None, "2026-05-31", "2026-06-01", "2027-01-01", "2026-02-01"),
            signer=pick("enrolled", "unattributed", "compromised"),
            withdrawn_by=pick(None, digest("withdrawal")),
            source=pick("record", "attestation"),
            inputs=(FactInput(ref=about, digest=digest(about) if pick(True, False) else digest("x"), hold="declared"),),
        )

    def facts(self) -> Facts:
        """Facts of one or two systems with up to three models; evidence of every quality, gaps, missing answers."""
        pick = self.one
        found = self.subjects()
        bindings = self.bindings([one.ref for one in found if one.type in {"model", "dataset"}])
        items: list[Item] = []
        streams: list[Stream] = []
        for one in bindings:
            streams.append(stream_of(one, self.some(0 if self.wrong else 1, 4)))
            for n in range(streams[-1].entries):
                items.append(self.run(one, n, 100 + len(items)))
        for kind, about in EVERY_RECORD:
            length = pick(self.some(1, 2), 0)
            if length:
                ref = f"attestation:{about}/{kind}"
                streams.append(Stream(id=ref, kinds=(kind,), subject=about, binding=None, entries=length))
                items += [self.record(kind, about, n, 500 + 10 * len(items) + n) for n in range(length)]
        items = [item for item in items if pick(True, False) or self.random.random() < 0.7]
        return facts(
            subjects=tuple(found),
            bindings=tuple(bindings),
            streams=tuple(streams),
            items=tuple(self.random.sample(items, len(items))),
            answers=pick((_adopted("yes"), _roles()), (), (_adopted("no"), _roles()), (_adopted("yes"),)),
            soa=self.rows(),
        )

    def subjects(self) -> list[Subject]:
        pick = self.one
        known = {"stage": "deployment", "modality": "tabular", "profiling": "yes"}
        traits = pick(known, {"stage": "inception", "profiling": "no"}, {"modality": "tabular"})
        found = list(subjects(models=pick(1, 2, 3), traits=traits))
        second = "dataset:mortgage/second"
        if self.random.random() < 0.3:
            shared = (edge(MODEL), edge(second, until=pick(None, day(120), day(140))))
            found.append(Subject(ref="system:second", type="system", digest=digest("system:second"), edges=shared))
            of_model = (edge(MODEL, pick("predictions_of", "derived_from")),)
            found.append(Subject(ref=second, type="dataset", digest=pick(digest(second), None), edges=of_model))
        return found

    def bindings(self, refs: list[str]) -> list[BoundCheck]:
        pick = self.one
        chosen = [one for one in EVERY_CHECK if self.random.random() < 0.8]
        for _ in range(pick(0, 1, 2)):
            kinds = self.random.choice([("quality",), ("fairness",), ("scan", "leakage"), ("fairness", "leakage")])
            chosen.append((self.random.choice(refs), kinds))
        return [
            BoundCheck(
                id=f"b{number}",
                system=SYSTEM,
                subject=subject,
                kinds=kinds,
                limits=self.random.choice([{}, {"auc": {"at_least": "0.7"}}]),
                options=digest("options"),
                approved_index=pick(1, None),
                retired_index=pick(None, None, 90),
            )
            for number, (subject, kinds) in enumerate(chosen)
        ]

    def rows(self) -> tuple[SoaRow, ...]:
        choose = self.random.choice
        return tuple(
            SoaRow(
                control=choose(["A.1", "A.3", "standard:A.3", "4.1", "A.4"]),
                system=choose([None, None, SYSTEM]),
                included=choose([False, False, True]),
                ground=choose(["risk-assessment-shows-no-need", "not-asked-by-external-requirements", "work", None]),
                approved_index=self.some(1, 4),
            )
            for _ in range(choose([0, 0, 0, 1, 3]))
        )


def any_facts(seed: int) -> Facts:
    """Facts that this seed makes; the same on every machine."""
    return Made(seed).facts()


def _adopted(value: str) -> Answer:
    return Answer(framework="guide", question="adopted", value=value, item=digest("scope"))


def _roles() -> Answer:
    return Answer(framework="law", question="roles", value=("provider",), system=SYSTEM, item="entry:3")


def waiver(**more: Any) -> Waiver:
    whole: dict[str, Any] = {
        "requirement": "standard:A.1",
        "system": SYSTEM,
        "stage": "deployment",
        "requester": "person:one",
        "approver": "person:two",
        "until": "2026-06-01",
        "index": 300,
    }
    return Waiver(**(whole | more))
