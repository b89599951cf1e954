"""A Dossier made by hand: the mortgage system with a failed, an undecided, a passed, an errored and an unrun check."""

from typing import Any

from upright.catalogue import Catalogue
from upright.evidence import CheckId, Input, Measurement, NotExamined, Predicate, Reason, Statement, SubjectRef
from upright.posture.facts import BoundCheck, Edge, FactInput, Facts, GateFacts, Item, Stream, Subject
from upright.reports.dossier import Dossier

AT = "2026-11-23T14:02:00.000Z"
ENDED = "2026-11-23T09:31:07.000Z"
DATA, MODEL, SYSTEM = "dataset:mortgage/applications", "model:mortgage/scorer", "system:mortgage"
ABOVE = "0.201 (0.150 to 0.255), n 1,989, is above 0.1 for sure"
STRADDLES = (
    "minority = 1 against 0: 0.779 (0.724 to 0.838), n 1,989, lies on both sides of 0.8; about 25,000 rows like these "
    "would decide it, if the value stays"
)
SURELY = "0.812 (0.784 to 0.838), n 1,293, is at least 0.7 for sure"
DIGEST = {DATA: "d5" * 32, MODEL: "3b" * 32, SYSTEM: "51" * 32, "organisation:meridian": "0a" * 32}
NOTE = (
    "meridian/0190a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b\n48201\n6b3f1c0d2e4a5b6c7d8e9f0a1b2c3d4e5f60718293a4=\n\n"
    "\u2014 meridian/0190a1b2 c2lnbmF0dXJlIG1hZGUgYnkgaGFuZCBmb3IgYSB0ZXN0\n"
)
KEY = "meridian/0190a1b2+7f3c2a19+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh"


def measured(
    name: str, group: dict[str, str], value: str | None, low: str | None, high: str | None, **more: Any
) -> Any:
    """One measurement with its interval."""
    settings: dict[str, Any] = {"n": 1989, "unit": "share", "method": "newcombe", "confidence": "0.95", **more}
    return Measurement(name=name, group=group, value=value, low=low, high=high, **settings)


def fairness() -> Statement:
    """The honest reading of the real table, with groups beside it that are made up."""
    rate, gap, ratio = "selection_rate", "selection_rate_difference", "selection_rate_ratio"
    white, male = {"minority": "0"}, {"sex": "male"}
    rows = [
        measured(rate, white, "0.908388", "0.893665", "0.921258", n=1681, method="wilson"),
        measured(rate, {"minority": "1"}, "0.707792", "0.654653", "0.755917", n=308, method="wilson"),
        measured(rate, {"sex": "female"}, "0.864499", "0.825846", "0.895673", n=369, method="wilson"),
        measured(
            gap,
            {"minority": "1"},
            "0.200596",
            "0.149956",
            "0.254779",
            against=white,
            decided_at="0.975",
            outcome="failed",
        ),
        measured(
            gap,
            {"sex": "female"},
            "0.015",
            "-0.024",
            "0.053",
            against=male,
            decided_at="0.975",
            outcome="passed",
            n=1974,
        ),
        measured(gap, {"sex": "(missing)"}, None, None, None, against=male, outcome="undecided", n=15),
        measured(
            gap,
            {"minority": "1", "sex": "female"},
            "0.143",
            "0.063",
            "0.223",
            against={**white, **male},
            outcome="undecided",
            n=411,
        ),
        measured(
            ratio,
            {"minority": "1"},
            "0.779174",
            "0.724152",
            "0.838377",
            against=white,
            decided_at="0.975",
            outcome="undecided",
            unit="ratio",
            method="katz",
        ),
    ]
    return statement(
        "applications-fairness",
        DATA,
        "failed",
        kinds=("group-fairness",),
        check="group-fairness",
        measurements=tuple(rows),
        limits={gap: {"at_most": "0.1"}, ratio: {"at_least": "0.8"}},
        reasons=(
            Reason(limit=f"{gap} at_most 0.1", outcome="failed", because=ABOVE),
            Reason(limit=f"{ratio} at_least 0.8", outcome="undecided", because=STRADDLES),
        ),
        not_examined=(NotExamined(what=f"rows of {DATA}", why="no decision", count=15),),
    )


def statement(binding: str, subject: str, result: Any, **more: Any) -> Statement:
    """A check's statement about a subject."""
    check = more.pop("check", binding)
    settings: dict[str, Any] = {
        "source": "check",
        "system": SYSTEM,
        "binding": f"binding:mortgage/{binding}",
        "check": CheckId(name=check, version="1"),
        "inputs": (Input(ref=subject, digest=DIGEST[subject], hold="bytes"),),
        "started": ENDED,
        "ended": ENDED,
        "seed": 0,
        **more,
    }
    about = SubjectRef.of(subject, DIGEST[subject])
    return Statement(subject=(about,), predicate=Predicate(result=result, **settings))


def performance() -> Statement:
    """A check of the model with a passed limit and many measurements beside it."""
    beside = tuple(
        measured(name, {"minority": group}, value, low, high, n=n)
        for name in ("accuracy", "precision", "recall", "brier", "ece", "false_positive_rate", "false_negative_rate")
        for group, value, low, high, n in (
            ("0", "0.8921", "0.8763", "0.9063", 1681),
            ("1", "0.7403", "0.6885", "0.7862", 308),
        )
    )
    auc = measured("auc", {}, "0.8123", "0.7841", "0.8377", n=1293, outcome="passed", method="delong")
    return statement(
        "performance",
        DATA,
        "passed",
        kinds=("performance",),
        measurements=(auc, *beside),
        limits={"auc": {"at_least": "0.7"}},
        reproduced="yes",
        reasons=(
            Reason(
                limit="auc at_least 0.7",
                outcome="passed",
                because="0.812 (0.784 to 0.838), n 1,293, is at least 0.7 for sure",
            ),
        ),
    )


def scan() -> Statement:
    """A check that errored."""
    because = "The check stopped with EOFError: byte 12 [UP-CHECK-40]"
    return statement(
        "model-file-scan",
        MODEL,
        "errored",
        kinds=("model-file-scan",),
        reasons=(Reason(limit="dangerous_files at_most 0", outcome="errored", because=because),),
    )


def item(body: Statement, n: int, index: int) -> Item:
    """The item that Facts hold of a statement."""
    said = body.predicate
    assert said.binding is not None
    return Item(
        id=body.id,
        source="check",
        kinds=said.kinds,
        subject=body.subject[0].name,
        binding=said.binding.rpartition("/")[2],
        stream=said.binding,
        n=n,
        index=index,
        recorded=ENDED,
        ended=said.ended,
        result=said.result,
        inputs=tuple(FactInput(ref=one.ref, digest=one.digest, hold=one.hold) for one in said.inputs),
        limits=said.limits,
        signer="enrolled",
        reproduced=said.reproduced,
        options="0f" * 32,
        setup="5e" * 32,
    )


def facts(bodies: tuple[Statement, ...], catalogue: Catalogue, *, bound: bool = True) -> Facts:
    """Facts about one system with one model and one data set."""
    checks = (
        (
            ("applications-fairness", DATA, "group-fairness"),
            ("performance", DATA, "performance"),
            ("model-file-scan", MODEL, "model-file-scan"),
            ("model-signature", MODEL, "model-signature"),
        )
        if bound
        else ()
    )
    edges = tuple(Edge(to=to, role="uses", from_=ENDED) for to in (DATA, MODEL))
    return Facts(
        at=AT,
        catalogue=dict(catalogue.digests),
        scope="organisation:meridian",
        log="self-kept",
        subjects=(
            Subject(ref="organisation:meridian", type="organisation", digest=DIGEST["organisation:meridian"]),
            Subject(
                ref=SYSTEM,
                type="system",
                digest=DIGEST[SYSTEM],
                edges=edges,
                traits={"stage": "verification-validation", "modality": "tabular", "personal_data": "yes"},
            ),
            Subject(
                ref=DATA,
                type="dataset",
                digest=DIGEST[DATA],
                edges=(Edge(to=MODEL, role="predictions_of", from_=ENDED),),
            ),
            Subject(ref=MODEL, type="model", digest=DIGEST[MODEL]),
        ),
        bindings=tuple(
            BoundCheck(
                id=name, system=SYSTEM, subject=subject, kinds=(kind,), limits={}, options="0f" * 32, approved_index=2
            )
            for name, subject, kind in checks
        ),
        streams=tuple(
            Stream(
                id=f"binding:mortgage/{name}",
                kinds=(kind,),
                subject=subject,
                binding=name,
                entries=sum(body.predicate.binding == f"binding:mortgage/{name}" for body in bodies),
            )
            for name, subject, kind in checks
        ),
        items=tuple(item(body, 0, 40 + place) for place, body in enumerate(bodies)),
        gates=GateFacts(digest=catalogue.gates.digest),
    )


def dossier(**changes: Any) -> Dossier:
    """The full Dossier."""
    catalogue = Catalogue.load()
    bodies = (fairness(), performance(), scan())
    found = facts(bodies, catalogue)
    return of(found, catalogue, bodies, **changes)


def of(found: Facts, catalogue: Catalogue, bodies: tuple[Statement, ...], /, **changes: Any) -> Dossier:
    """The Dossier of some Facts, judged by the real evaluator and gate."""
    from upright.gate import answer
    from upright.posture import evaluate

    settings: dict[str, Any] = {
        "facts": found,
        "posture": evaluate(found, catalogue),
        "gate": answer(found, catalogue, system=SYSTEM, stage="deployment"),
        "bodies": {body.id: body for body in bodies},
        "catalogue": catalogue,
        "checkpoint": NOTE,
        "log_key": KEY,
        "title": "Mortgage lending",
        "system": SYSTEM,
        "organisation": "Meridian Credit Union",
        "purpose": "Ranks mortgage applications by the probability of denial, for a loan officer to decide.",
        "signers": {body.id: ("meridian/evidence-1a2b3c4d",) for body in bodies},
        "pack": "mortgage-pack.zip",
    }
    return Dossier(**(settings | changes))


def empty(**changes: Any) -> Dossier:
    """A system that nothing is known of: no bound check, no evidence."""
    catalogue = Catalogue.load()
    return of(facts((), catalogue, bound=False), catalogue, (), **changes)
