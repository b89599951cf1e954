"""A second evaluator, slow and naive, written from the text of contracts 7 (and decisions 0071, 0072) alone.

It shares no judgement code with ``upright.posture``: it reads Facts and the catalogue's values, and nothing is cached.
The comments quote the contract.
"""

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from upright.catalogue import Applicable, Profile, narrows

ORDER = {"bytes": 3, "snapshot": 2, "declared": 1}


def when(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=dt.UTC)


def days(text: str) -> dt.timedelta:
    assert text.startswith("P")
    assert text.endswith("D")
    return dt.timedelta(days=int(text[1:-1]))


def local_day(text: str) -> str:
    return when(text).astimezone(ZoneInfo("Europe/Brussels")).date().isoformat()


class Reference:
    def __init__(self, facts: Any, catalogue: Any) -> None:
        self.facts, self.catalogue = facts, catalogue
        self.now = when(facts.at)
        self.subjects = {s.ref: s for s in facts.subjects}

    # "Everything is as of T"
    def items_of(self, stream: Any) -> list[Any]:
        return [i for i in self.facts.items if i.stream == stream.id and when(i.recorded) <= self.now]

    def binding_of(self, stream: Any) -> Any:
        for b in self.facts.bindings:
            if stream.id == "binding:" + b.system.removeprefix("system:") + "/" + b.id:
                return b
        return None

    def series(self, kind: str, ref: str) -> list[Any]:
        """(kind, subject, stream): each series is its own cell; a retired binding's are gone."""
        found = []
        for stream in self.facts.streams:
            binding = self.binding_of(stream)
            if binding is not None and binding.retired_index is not None:
                continue
            if stream.subject == ref and kind in stream.kinds:
                found.append(stream)
        return found

    # --- an item ---

    def refused(self, item: Any) -> bool:
        return (
            item.signer not in ("enrolled", "login")
            or when(item.ended) > when(item.recorded) + dt.timedelta(minutes=5)
            or item.withdrawn_by is not None
        )

    def says(self, item: Any) -> str:
        if item.record_state == "rejected":
            return "failed"
        if item.record_state == "withdrawn":
            return "undecided"
        return "undecided" if item.record_state in ("draft", "superseded") else str(item.result)

    def is_draft(self, item: Any, stream: Any) -> bool:
        if item.source == "erasure":
            return True
        return item.record_state in ("draft", "superseded") and not stream.id.startswith("binding:")

    def meets(self, item: Any, kind: str, stream: Any, ask: Any) -> bool:
        if kind not in item.kinds or item.subject != stream.subject:
            return False
        # The text: its subject among its inputs, the hold of that input at least min_hold.
        own = [i for i in item.inputs if i.ref == item.subject]
        if not own:
            return False
        for given in own:
            if self.is_weaker(given.hold, ask.min_hold):
                return False
            # The text: such a hold is open where nothing says how fresh.
            if given.hold == "window" and ask.fresh_for is None:
                return False
        if ask.reproduced and item.reproduced != "yes":  # "reproduced where asked"
            return False
        # The text: check or record, unless the ask takes attestations or imports.
        return item.source not in ("attestation", "imported") or ask.attested

    def as_approved(self, item: Any, stream: Any) -> bool:
        """Options and limits those of the approved binding or stricter (a missing limit is looser)."""
        if item.source != "check" and not stream.id.startswith("binding:"):
            return True
        b = self.binding_of(stream)
        if b is None or b.approved_index is None or b.retired_index is not None:
            return False
        if item.binding != b.id or item.subject != b.subject or item.options != b.options:
            return False
        for name, bounds in b.limits.items():
            for bound, text in bounds.items():
                if bound not in item.limits.get(name, {}):
                    return False
                mine, theirs = Decimal(item.limits[name][bound]), Decimal(text)
                if bound == "at_least" and mine < theirs:
                    return False
                if bound == "at_most" and mine > theirs:
                    return False
        return True

    def passes(self, item: Any, kind: str, stream: Any, ask: Any) -> bool:
        return (
            not self.refused(item)
            and self.says(item) == "passed"
            and self.meets(item, kind, stream, ask)
            and self.as_approved(item, stream)
        )

    def about_current(self, item: Any) -> bool:
        for given in item.inputs:
            if given.hold == "window":
                continue
            subject = self.subjects.get(given.ref)
            if subject is None or subject.digest is None or subject.digest != given.digest:
                return False
        return True

    def linked(self, item: Any) -> str:
        """A failure linked to an approved, still effective nonconformity or treatment; decision 0072: or lapsed."""
        found = "no"
        for name in item.done_by:
            for other in self.facts.items:
                if (
                    other.id == name
                    and when(other.recorded) <= self.now
                    and other.record_state == "approved"
                    and other.result == "passed"
                    and not self.refused(other)
                    and set(other.kinds) & {"nonconformity", "risk-treatment-plan"}
                ):
                    if other.review_by is None or other.review_by >= local_day(self.facts.at):
                        return "effective"
                    if other.review_by >= local_day(other.recorded):
                        found = "lapsed"
        return found

    # --- a series ---

    def held_back(self, item: Any, failure: Any) -> bool:
        records = item.record_state is not None and failure.record_state is not None
        if records and when(item.ended) < when(failure.ended):
            return True
        if not records and when(item.ended) <= when(failure.ended):  # "the pass ended no later"
            return True
        # "or is about other digests than the current ones while the failure is about them"
        return self.about_current(failure) and not self.about_current(item)

    def cell(self, kind: str, stream: Any, ask: Any) -> dict[str, Any]:
        all_items = self.items_of(stream)
        gap = sorted(i.n for i in all_items) != list(range(stream.entries))
        # "an evidence id counts once, at its first index"; the first enrolled signature counts from its own index
        items: list[Any] = []
        for name in {i.id for i in all_items}:
            same = sorted((i for i in all_items if i.id == name), key=lambda i: (i.index, i.n))
            good = [i for i in same if i.signer in ("enrolled", "login")]
            items.append((good or same)[0])
        items.sort(key=lambda i: (i.index, i.n))
        head, head_failed, opened = None, False, False
        any_open = any_draft = False
        since: list[Any] = []  # failures since the last pass that counted; decision 0071: each of them holds back
        setups: set[str] = set()  # "or has the same setup"; decision 0071: as any failure of the series
        for item in items:
            if self.is_draft(item, stream):
                any_draft = True
                continue
            failing = self.says(item) == "failed"
            if failing and not self.refused(item):
                head, head_failed, opened = item, True, False  # "failed -> head is this failure"
                since.append(item)
                setups.add(item.setup)
                continue
            good = self.passes(item, kind, stream, ask)
            if good:
                back = (item.setup != "" and item.setup in setups) or any(self.held_back(item, f) for f in since)
                if back and head_failed:
                    continue
                if not back:
                    head, head_failed, opened, since = item, False, False, []  # "passed -> head is this pass"
                    continue
            any_open = True
            opened = True  # "open -> a passed head becomes open; a failed head stays"
            if failing and (item.withdrawn_by is not None or item.signer == "compromised"):  # decision 0071
                since.append(item)
                setups.add(item.setup)
        return self.state(head, head_failed, opened, gap, any_open, any_draft, ask)

    def state(
        self, head: Any, head_failed: bool, opened: bool, gap: bool, any_open: bool, any_draft: bool, ask: Any
    ) -> dict[str, Any]:
        out: dict[str, Any] = {"marked": False, "unsettled": gap or opened, "findings": {}, "state": ""}
        if head is None:
            out["state"] = "open" if gap or any_open or any_draft else "none"
            return out
        if head.open_findings:
            out["findings"][head.id] = head.open_findings
        if not self.about_current(head):
            if head_failed:
                out["findings"] = {}
            out.update(state="old", marked=head_failed)
            return out
        link = "no"
        if head_failed and ask.mode == "must_be_done" and self.meets(head, self.kind, self.stream, ask):
            link = self.linked(head) if self.as_approved(head, self.stream) else "no"
        done = link != "no"
        if head_failed and not done:
            out["state"] = "bad"  # "age never heals"
            return out
        if done:
            out["findings"][head.id] = max(1, head.open_findings)
        late = head.review_by is not None and head.review_by < local_day(self.facts.at)
        aged = ask.fresh_for is not None and self.now - when(head.ended) > days(ask.fresh_for)
        if late or aged or link == "lapsed":
            out.update(state="old", marked=done)  # decision 0072: age before open
        elif gap or opened:
            out["state"] = "open"
        else:
            out["state"] = "ok"
        return out

    @staticmethod
    def is_weaker(hold: str, least: str | None) -> bool:
        """`window` matches only itself; the others are ordered."""
        if least is None or hold == least:
            return False
        return "window" in (hold, least) or ORDER[hold] < ORDER[least]

    # --- a member, an ask ---

    def cells_for(self, kind: str, ref: str, ask: Any) -> list[dict[str, Any]]:
        refs = [ref]
        if ask.about == "model":  # "data-set evidence counts for a model only through `predictions_of`"
            refs += [
                s.ref
                for s in self.facts.subjects
                if s.type == "dataset"
                and any(e.to == ref and e.role == "predictions_of" and self.valid(e) for e in s.edges)
            ]
        found = []
        for name in refs:
            for stream in self.series(kind, name):
                self.kind, self.stream = kind, stream
                found.append(self.cell(kind, stream, ask))
        return found

    def valid(self, edge: Any) -> bool:
        return when(edge.from_) <= self.now and (edge.until is None or self.now < when(edge.until))

    def choice(self, members: list[list[dict[str, Any]]]) -> str:
        states = []
        for cells in members:
            names = {c["state"] for c in cells}
            if not cells:
                states.append("none")
            elif "bad" in names:
                states.append("bad")
            elif "old" in names:
                states.append("old")
            elif names == {"ok"}:  # "a member with several series is ok only if all are"
                states.append("ok")
            else:
                states.append("open")
        flat = [c for cells in members for c in cells]
        if "bad" in states:
            return "bad"  # "bad if a member is bad"
        if any(c["marked"] for c in flat):
            return "old"  # "else at best old if a member is old and marked `failed`"
        best = next(s for s in ("ok", "old", "open", "none") if s in states)
        if any(c["unsettled"] for c in flat) and best == "ok":
            return "open"  # "else at best open if ..."; decision 0072: what is old is no milder for it
        return best

    def fold(self, states: list[str]) -> str:
        if "bad" in states:
            return "failing"
        if "old" in states:
            return "stale"
        if states and all(s == "ok" for s in states):
            return "met"
        return "partly" if "ok" in states else "unknown"

    def asks(self, asks: list[Any], targets: dict[str, list[str]]) -> tuple[str, int]:
        states: list[str] = []
        findings: dict[str, int] = {}
        for ask in asks:
            for member in ask.all_of:
                for ref in targets.get(ask.about, []):
                    cells = [self.cells_for(kind, ref, ask) for kind in dict.fromkeys(member)]
                    if len(cells) == 1:
                        states += [c["state"] for c in cells[0]] or ["none"]
                    else:
                        states.append(self.choice(cells))
                    for one in (c for group in cells for c in group):
                        for name, count in one["findings"].items():
                            findings[name] = max(count, findings.get(name, 0))
                if not targets.get(ask.about):
                    states.append("none")  # "No cells = one `none` cell"
        return self.fold(states or ["none"]), sum(findings.values())

    # --- scopes ---

    def profile(self, ref: str | None) -> Profile:
        roles, answers, adopted = {}, {}, {}
        for a in self.facts.answers:
            if a.system is None and a.question == "adopted":
                adopted[a.framework] = a.value
            elif a.system == ref and ref is not None and a.question == "roles":
                roles[a.framework] = tuple(a.value)
            elif a.system == ref and ref is not None:
                answers[a.question] = a.value
        traits = dict(self.subjects[ref].traits) if ref else {}
        return Profile(
            roles=roles, traits=traits, answers=answers, adopted=adopted,
            stage=traits.get("stage"), modality=traits.get("modality"),
        )  # fmt: skip

    def excluded(self, requirement: Any, ref: str | None) -> bool:
        """Only by an approved exclusion on an allowed ground; clauses never; a system's row over the organisation's."""
        framework = self.catalogue.frameworks[requirement.framework]
        if framework.kind != "management" or requirement.local[0].isdigit():
            return False
        rows = [r for r in self.facts.soa if r.control in (requirement.id, requirement.local)]

        def out(of: str | None) -> bool | None:
            mine = [r for r in rows if r.system == of]
            if not mine:
                return None
            last = max(r.approved_index for r in mine)
            return all(
                not r.included and r.ground in ("risk-assessment-shows-no-need", "not-asked-by-external-requirements")
                for r in mine
                if r.approved_index == last
            )

        if ref is not None:
            own = out(ref)
            return bool(out(None)) if own is None else own
        return bool(out(None)) and not any(out(s) is False for s in {r.system for r in rows} - {None})

    def evaluate(self) -> dict[tuple[str, str], tuple[str, int]]:
        systems = sorted(s.ref for s in self.facts.subjects if s.type == "system")
        organisations = [s.ref for s in self.facts.subjects if s.type == "organisation"]
        found: dict[tuple[str, str], tuple[str, int]] = {}
        for name in self.facts.catalogue:
            for requirement in self.catalogue.frameworks[name].requirements:
                applies = {}
                for ref in systems:
                    profile = self.profile(ref)
                    able = Applicable(profile, self.catalogue)
                    classes = able.classification.classes if able.classification else ()
                    applies[ref] = able.of(requirement).applies
                    own = [a for a in requirement.asks if a.about != "organisation"]
                    if not own:
                        continue
                    active = [a for a in own if narrows(a.when, profile, framework=name, classes=classes) != "no"]
                    targets = {"system": [ref]}
                    for edge in self.subjects[ref].edges:
                        if self.valid(edge):
                            kind = edge.to.split(":")[0]
                            if edge.to not in targets.setdefault(kind, []):
                                targets[kind].append(edge.to)
                    status = self.asks(active, targets)
                    if applies[ref] == "no" or self.excluded(requirement, ref):
                        status = ("not_applicable", 0)
                    elif applies[ref] == "unknown":
                        status = ("unknown", status[1])
                    found[requirement.id, ref] = status
                shared = [
                    a
                    for a in requirement.asks
                    if a.about == "organisation"
                    and any(
                        narrows(a.when, self.profile(ref), framework=name, classes=()) != "no"
                        for ref in systems or [None]
                    )
                ]
                if any(a.about == "organisation" for a in requirement.asks):
                    status = self.asks(shared, {"organisation": organisations})
                    if self.excluded(requirement, None) or (applies and set(applies.values()) == {"no"}):
                        status = ("not_applicable", 0)
                    elif applies and "yes" not in applies.values():
                        status = ("unknown", status[1])
                    found[requirement.id, self.facts.scope] = status
        return found
