"""The bill of materials of a whole system: its models, data sets, packages and suppliers, as CycloneDX 1.6."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from upright.checks.supply import bom
from upright.reports.dossier import Dossier
from upright.reports.registry import Report

if TYPE_CHECKING:
    from upright.evidence import Measurement, Statement
    from upright.posture import Facts
    from upright.posture.facts import Item, Subject

_MEASURED = {"performance", "group-fairness"}
_PARTS = ("origin", "licence", "collected", "steps")


def system_bill(dossier: Dossier) -> dict[str, Any]:
    """The bill of the system that the dossier is about; what no evidence says of a part is written as unknown.

    A model's part is what the newest ``aibom`` check of its present bytes wrote; its model card is filled with what
    ``performance`` and ``group-fairness`` measured on data whose predictions are the model's.
    """
    return _System(dossier).bill()


class _System:
    def __init__(self, dossier: Dossier) -> None:
        self.dossier, self.facts = dossier, dossier.facts
        self.subjects = {one.ref: one for one in self.facts.subjects}
        self.ref = dossier.system or self.facts.scope
        own = self.subjects.get(self.ref)
        self.uses = sorted(edge.to for edge in own.edges if edge.role == "uses") if own else []
        self.newest = {item.stream: item for item in sorted(_current(self.facts), key=lambda item: item.index)}
        self.components: list[Mapping[str, Any]] = []
        self.services: list[Mapping[str, Any]] = []
        self.depends: dict[str, list[str]] = {}
        self.open_ends: list[str] = []

    def bill(self) -> dict[str, Any]:
        data = {ref: self._data(self.subjects[ref]) for ref in self.uses if self._is(ref, "dataset")}
        models = [ref for ref in self.uses if self._is(ref, "model")]
        for ref in models:
            self._take_model(self.subjects[ref])
        known = {str(one["bom-ref"]): one for one in self.components}
        parts = [dict(known.get(ref, part)) | self._supplier(self.subjects[ref]) for ref, part in data.items()]
        self.depends[self.ref] = [*models, *data]
        if not models:
            self.open_ends.append(self.ref)
        subject = {
            "type": "application",
            "bom-ref": self.ref,
            "name": self.dossier.title,
            **({"description": self.dossier.purpose} if self.dossier.purpose else {}),
            **({"supplier": {"name": self.dossier.organisation}} if self.dossier.organisation else {}),
            "properties": [
                *bom.properties(
                    stage=self._trait("stage"), modality=self._trait("modality"), facts=self.facts.digest()
                ),
                *bom.unknown([] if models else ["models"]),
            ],
        }
        return bom.bill(
            subject, [*parts, *self.components], self.depends, services=self.services, open_ends=self.open_ends,
            timestamp=self.facts.at,
        )  # fmt: skip

    def _is(self, ref: str, kind: str) -> bool:
        return ref in self.subjects and self.subjects[ref].type == kind

    def _trait(self, name: str) -> str | None:
        own = self.subjects.get(self.ref)
        return None if own is None or name not in own.traits else str(own.traits[name])

    # --- models ----------------------------------------------------------------------------------------------------

    def _take_model(self, subject: "Subject") -> None:
        found = self._own_bill(subject.ref)
        if found is None:
            part: dict[str, Any] = {
                "type": "machine-learning-model",
                "bom-ref": subject.ref,
                "name": subject.ref.rpartition("/")[2],
                "properties": [
                    *bom.properties(digest=f"sha256:{subject.digest}" if subject.digest else None),
                    *bom.unknown(["files", "dependencies", "training_data", "licence"]),
                ],
            }
            self.open_ends.append(subject.ref)
            self.depends[subject.ref] = []
        else:
            part = dict(found["metadata"]["component"])
            self.components += found["components"]
            self.services += found.get("services", [])
            for row in found["dependencies"]:
                self.depends.setdefault(row["ref"], []).extend(row["dependsOn"])
            self.open_ends += [
                ref for row in found["compositions"] if row["aggregate"] != "complete" for ref in row["dependencies"]
            ]
        self.components.append(self._with_card(part) | self._supplier(subject))

    def _own_bill(self, ref: str) -> dict[str, Any] | None:
        """The bill that the newest evidence about the model carries."""
        for item in sorted(self.newest.values(), key=lambda item: -item.index):
            statement = self.dossier.bodies.get(item.id)
            if item.subject != ref or "aibom" not in item.kinds or statement is None:
                continue
            for artefact in statement.predicate.artefacts:
                data = self.dossier.artefacts.get(artefact.sha256)
                if artefact.media_type == bom.MEDIA_TYPE and data is not None:
                    found = json.loads(data)
                    return found if isinstance(found, dict) else None
        return None

    def _with_card(self, part: dict[str, Any]) -> dict[str, Any]:
        card = dict(part.get("modelCard", {}))
        measured = list(self._measured(str(part["bom-ref"])))
        metrics = [
            bom.metric(one.name, one.value, low=one.low, high=one.high, group=one.group)
            for _, one in measured
            if one.value is not None
        ]
        harms = [_harm(statement, one) for statement, one in measured if one.outcome == "failed" and one.group]
        if metrics:
            card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
        considerations = {
            **({"useCases": [self.dossier.purpose]} if self.dossier.purpose else {}),
            **({"fairnessAssessments": harms} if harms else {}),
        }
        if considerations:
            card["considerations"] = considerations
        return {**part, "modelCard": card} if card else part

    def _measured(self, model: str) -> "Iterator[tuple[Statement, Measurement]]":
        speaking = {
            one.ref
            for one in self.facts.subjects
            if one.ref == model or any(edge.role == "predictions_of" and edge.to == model for edge in one.edges)
        }
        for stream in sorted(self.newest):
            item = self.newest[stream]
            statement = self.dossier.bodies.get(item.id)
            if item.subject in speaking and _MEASURED & set(item.kinds) and statement is not None:
                yield from ((statement, one) for one in statement.predicate.measurements)

    # --- data and suppliers ----------------------------------------------------------------------------------------

    def _data(self, subject: "Subject") -> dict[str, Any]:
        said = self._declared(subject.ref)
        name = subject.ref.rpartition("/")[2]
        origin = said.get("origin")
        return {
            "type": "data",
            "bom-ref": subject.ref,
            "name": name,
            **({"licenses": bom.licences(str(said["licence"]))} if said.get("licence") else {}),
            "data": [{"type": "dataset", "name": name, **({"description": str(origin)} if origin else {})}],
            "properties": [
                *bom.properties(
                    digest=f"sha256:{subject.digest}" if subject.digest else None,
                    collected=str(said["collected"]) if said.get("collected") else None,
                ),
                *bom.unknown([part for part in _PARTS if not said.get(part)]),
            ],
            **self._supplier(subject),
        }

    def _declared(self, ref: str) -> Mapping[str, Any]:
        """What the newest check of a data set's provenance was told of it."""
        for item in sorted(self.newest.values(), key=lambda item: -item.index):
            statement = self.dossier.bodies.get(item.id)
            if item.subject == ref and "data-provenance" in item.kinds and statement is not None:
                on = statement.predicate.options.get("on")
                declared = on.get("declared") if isinstance(on, Mapping) else None
                return declared if isinstance(declared, Mapping) else {}
        return {}

    def _supplier(self, subject: "Subject") -> dict[str, Any]:
        names = sorted(edge.to.partition(":")[2] for edge in subject.edges if edge.role == "provided_by")
        return {"supplier": {"name": ", ".join(names)}} if names else {}


def _current(facts: "Facts") -> "Iterator[Item]":
    """What checks found on today's bytes, signed by a key that counts, and not withdrawn."""
    digests = {one.ref: one.digest for one in facts.subjects}
    for item in facts.items:
        is_current = all(one.hold == "window" or digests.get(one.ref) == one.digest for one in item.inputs)
        is_ours = item.source == "check" and item.signer in {"enrolled", "login"}
        if is_current and is_ours and item.withdrawn_by is None:
            yield item


def _harm(statement: "Statement", one: "Measurement") -> dict[str, str]:
    group = ", ".join(f"{name} = {value}" for name, value in sorted(one.group.items()))
    limits = statement.predicate.limits.get(one.name, {})
    limit = ", ".join(f"{bound} {value}" for bound, value in sorted(limits.items()))
    return {"groupAtRisk": group, "harms": f"{one.name} is {one.value}, against a limit of {limit or 'none'}"}


def _render(dossier: Dossier) -> bytes:
    return bom.written(system_bill(dossier))


REPORT = Report(
    name="aibom",
    title="What the system is made of: models, data sets, packages and suppliers, as CycloneDX",
    media_type=bom.MEDIA_TYPE,
    suffix=".cdx.json",
    render=_render,
)
