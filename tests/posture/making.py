"""A small catalogue and Facts of every shape, for the tests of posture and gate."""

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import strategies as st

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

_DIGESTS = st.sampled_from(["now", "now", "now", "before"])


@st.composite
def runs(draw: st.DrawFn, one: BoundCheck, n: int, index: int) -> Item:
    """One run of a bound check, good in most ways and wrong in some."""
    often = st.sampled_from
    recorded = day(draw(st.integers(60, 152)))
    ended = draw(often([recorded, recorded, day(draw(st.integers(55, 153)))]))
    ref = draw(often([one.subject] * 6 + [SYSTEM]))
    named = draw(often([one.subject] * 8 + [SYSTEM]))
    current = digest(ref) if draw(_DIGESTS) == "now" else digest("before")
    hold = draw(often(["bytes", "bytes", "bytes", "snapshot", "declared", "window"]))
    inputs = (FactInput(ref=ref, digest=current, hold=hold),)
    if draw(often([False, False, True])):
        inputs += (FactInput(ref=MODEL, digest=digest(draw(often([MODEL, MODEL, "before"]))), hold="bytes"),)
    return Item(
        id=digest(f"run {draw(st.integers(0, 30))}") if draw(often([False, True])) else digest(f"{one.id} {n}"),
        source=draw(often(["check"] * 6 + ["imported", "attestation"])),
        kinds=draw(often([one.kinds, one.kinds, one.kinds, one.kinds[:1]])),
        subject=named,
        binding=draw(often([one.id, one.id, one.id, None])),
        stream=one.stream,
        n=n,
        index=index,
        recorded=recorded,
        ended=ended,
        result=draw(often(["passed", "passed", "passed", "failed", "failed", "undecided", "errored"])),
        inputs=inputs,
        limits=draw(
            often([one.limits, one.limits, one.limits, {}, {"auc": {"at_least": "0.8"}}, {"auc": {"at_least": "0.6"}}])
        ),
        options=draw(often([one.options, one.options, one.options, digest("other")])),
        signer=draw(often(["enrolled"] * 5 + ["login", "unattributed", "compromised"])),
        reproduced=draw(often(["yes", "yes", "no", "n/a"])),
        setup=draw(often(["", digest("s1"), digest("s2"), digest("s3")])),
        withdrawn_by=draw(often([None] * 7 + [digest("withdrawal")])),
        done_by=draw(often([(), (), (digest("nonconformity " + SYSTEM + " 0"),)])),
        open_findings=draw(often([0, 0, 0, 1, 2])),
    )


@st.composite
def records(draw: st.DrawFn, kind: str, about: str, n: int, index: int) -> Item:
    often = st.sampled_from
    recorded = day(draw(st.integers(1, 152)))
    return record(
        kind,
        about,
        n,
        draw(often(["approved", "approved", "approved", "draft", "rejected", "superseded", "withdrawn"])),
        index=index,
        recorded=recorded,
        ended=draw(often([recorded, recorded, day(draw(st.integers(1, 153)))])),
        result=draw(often(["passed", "passed", "passed", "failed"])),
        review_by=draw(often([None, None, "2026-05-31", "2026-06-01", "2027-01-01"])),
        signer=draw(often(["enrolled"] * 5 + ["unattributed", "compromised"])),
        withdrawn_by=draw(often([None] * 6 + [digest("withdrawal")])),
        source=draw(often(["record", "record", "attestation"])),
        inputs=(
            FactInput(ref=about, digest=digest(about) if draw(_DIGESTS) == "now" else digest("x"), hold="declared"),
        ),
    )


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    """Facts of one or two systems with up to three models, with evidence of every quality, gaps and missing answers."""
    often = st.sampled_from
    traits = draw(
        often(
            [
                {"stage": "deployment", "modality": "tabular", "profiling": "yes"},
                {"stage": "inception", "profiling": "no"},
                {"modality": "tabular"},
            ]
        )
    )
    found = list(subjects(models=draw(st.integers(1, 3)), traits=traits))
    if draw(st.booleans()):
        shared = (edge(MODEL), edge("dataset:mortgage/second", until=draw(often([None, day(120), day(200)]))))
        found.append(Subject(ref="system:second", type="system", digest=digest("system:second"), edges=shared))
        found.append(
            Subject(
                ref="dataset:mortgage/second",
                type="dataset",
                digest=draw(often([digest("dataset:mortgage/second"), None])),
                edges=(edge(MODEL, draw(often(["predictions_of", "derived_from"]))),),
            )
        )
    refs = [one.ref for one in found if one.type in {"model", "dataset"}]
    bindings = [
        BoundCheck(
            id=f"b{number}",
            system=SYSTEM,
            subject=draw(often(refs)),
            kinds=draw(often([("quality",), ("fairness",), ("scan", "leakage"), ("fairness", "leakage"), ("scan",)])),
            limits=draw(often([{}, {"auc": {"at_least": "0.7"}}])),
            options=digest("options"),
            approved_index=draw(often([1, 1, 1, None])),
            retired_index=draw(often([None] * 7 + [90])),
        )
        for number in range(draw(st.integers(0, 5)))
    ]
    items: list[Item] = []
    streams: list[Stream] = []
    index = 100
    for one in bindings:
        length = draw(st.integers(0, 4))
        streams.append(stream_of(one, length))
        for n in range(length):
            index += 1
            if draw(often([True] * 9 + [False])):
                items.append(draw(runs(one, n, index)))
    for kind, about in draw(
        st.lists(
            often(
                [("policy", ORGANISATION), ("impact", SYSTEM), ("impact", SYSTEM), ("assessment", "supplier:acme"),
                 ("nonconformity", SYSTEM), ("policy", ORGANISATION)]
            ), unique=True, max_size=4,
        )
    ):  # fmt: skip
        length = draw(st.integers(1, 3))
        streams.append(
            Stream(id=f"attestation:{about}/{kind}", kinds=(kind,), subject=about, binding=None, entries=length)
        )
        for n in range(length):
            index += 1
            if draw(often([True] * 9 + [False])):
                items.append(draw(records(kind, about, n, index)))
    return facts(
        subjects=tuple(found),
        bindings=tuple(bindings),
        streams=tuple(streams),
        items=tuple(draw(st.permutations(items))),
        answers=draw(often([(), (_adopted("yes"),), (_adopted("no"), _roles()), (_adopted("yes"), _roles())])),
        soa=tuple(draw(st.lists(_soa_rows, max_size=3))),
    )


def _adopted(value: str) -> Answer:
    return Answer(framework="guide", question="adopted", value=value, item=digest("scope"))


def _roles() -> Answer:
    return Answer(framework="law", question="roles", value=("provider",), system=SYSTEM, item="entry:3")


_soa_rows = st.builds(
    SoaRow,
    control=st.sampled_from(["A.1", "A.3", "standard:A.3", "4.1", "A.4"]),
    system=st.sampled_from([None, None, SYSTEM]),
    included=st.sampled_from([False, False, True]),
    ground=st.sampled_from(["risk-assessment-shows-no-need", "too-much-work", None]),
    approved_index=st.integers(1, 4),
)


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
