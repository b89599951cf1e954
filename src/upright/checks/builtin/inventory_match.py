"""AI that sources, lists and files of a system show, against what its manifest declares."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, ExtraInput, Run, SystemSource, check
from upright.checks.inputs import system_of
from upright.checks.judge import judge
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError, Ref
from upright.measures.estimate import exact

if TYPE_CHECKING:
    from upright.checks.inventory.finding import Findings
    from upright.checks.inventory.matching import Gap, Matched

UNDECLARED = (
    "undeclared_models", "undeclared_data_sets", "undeclared_services", "undeclared_suppliers", "undeclared_components",
)  # fmt: skip
ABSENT = "declared_not_found"
MOST_NAMED = 40


@check(
    "inventory-match",
    version="1",
    kinds=("inventory-match",),
    about=("system",),
    measures=(*UNDECLARED, ABSENT, "signs", "sources"),
    default_limits={name: {"at_most": "0"} for name in (*UNDECLARED, ABSENT)},
)
def inventory_match(*, accepted: Mapping[str, Any] = {}) -> Run:
    """Compares the AI that a system's folder shows with what its manifest declares, both ways.

    Read, never run: Python and notebooks (imports, hosts, clients, what is brought from a hub), other languages and
    configuration (hosts, names of keys, packages), lists of packages and CycloneDX bills, files of models and tables.
    A service counts as declared where a hosted model has its host or a supplier that provides something has its name;
    a file where a model or data set covers it; a library where a model's ``requirements`` names it. A hosted model that
    no supplier provides, and a declared one that nothing names, count too. What cannot be read, a name put together
    while running, and a folder without sources leave the answer undecided. ``accepted`` gives a reason for a finding by
    its name (``scikit-learn``, ``openai``, ``notes/draft.py``); it is shown, and one that nothing matches is undecided.
    """

    def run(binding: Binding, _context: Context) -> CheckResult:
        return _Comparison(system_of(binding), _reasons_of(accepted)).result(binding)

    return run


def _reasons_of(accepted: Mapping[str, Any]) -> dict[str, str]:
    reasons = dict(accepted)
    odd = next((name for name, why in reasons.items() if not isinstance(why, str) or not why.strip()), None)
    if odd is not None:
        raise InputError(
            f"accepted: {odd!r} has no reason; expected a text that says why it need not be declared.",
            code="UP-CHECK-87",
        )
    return reasons


class _Comparison:
    def __init__(self, source: SystemSource, accepted: dict[str, str]) -> None:
        from upright.checks.inventory.matching import match, needles_of
        from upright.checks.inventory.reading import read_tree
        from upright.checks.inventory.tree import seen_in

        self.source, self.accepted = source, accepted
        self.tree = seen_in(source.folder, without=frozenset({source.manifest}))
        findings, met = read_tree(source.folder, self.tree, needles=needles_of(source))
        self.findings: Findings = findings
        self.matched: Matched = match(source, findings, met, _listed(source, findings))
        self.gaps: list[Gap] = [gap for gap in self.matched.gaps if gap.name not in accepted]
        self.unclear = [(where, why) for where, why in findings.unclear if not self._is_accepted(where)]

    def _is_accepted(self, where: str) -> bool:
        return where in self.accepted or where.partition(":")[0] in self.accepted

    def result(self, binding: Binding) -> CheckResult:
        counted = {name: sum(gap.measure == name for gap in self.gaps) for name in (*UNDECLARED, ABSENT)}
        signs = len(self.findings.found)
        found = [exact(name, count, n=signs, unit="findings") for name, count in counted.items()]
        reported = [
            exact("signs", signs, n=signs, unit="signs"),
            exact("sources", self.findings.sources, n=len(self.tree.files), unit="files"),
        ]
        judgement = judge(found, binding.limits, reported=reported, also=list(self._open()))
        named = [
            Reason(limit=gap.measure, outcome="failed", because=gap.text)
            for gap in self.gaps
            if judgement.result == "failed"
        ]
        if len(named) > MOST_NAMED:
            rest = f"and {len(named) - MOST_NAMED:,} more, all in the artefact inventory.json"
            named = [*named[:MOST_NAMED], Reason(limit="", outcome="failed", because=rest)]
        return CheckResult(
            result=judgement.result,
            measurements=judgement.measurements,
            reasons=(*judgement.reasons, *named),
            not_examined=tuple(self._not_examined()),
            artefacts=(self._artefact(),),
            inputs=(ExtraInput(ref=inventory_ref(self.source.ref), digest=self.source.inventory, hold="bytes"),),
        )

    def _open(self) -> Iterable[Reason]:
        for where, why in self.unclear[:MOST_NAMED]:
            yield Reason(limit="", outcome="undecided", because=f"{where}: {why}, so what it uses cannot be told")
        if len(self.unclear) > MOST_NAMED:
            more = len(self.unclear) - MOST_NAMED
            yield Reason(limit="", outcome="undecided", because=f"and {more:,} more that could not be told")
        if not self.findings.sources and "sources" not in self.accepted:
            because = (
                "the folder holds no source code, so nothing tells which services the system asks; keep the manifest "
                "beside the sources, or accept `sources` with a reason"
            )
            yield Reason(limit="", outcome="undecided", because=because)
        met = {gap.name for gap in self.matched.gaps} | {"sources"} - ({"sources"} if self.findings.sources else set())
        unclear = {where for where, _ in self.findings.unclear}
        unclear |= {where.partition(":")[0] for where in unclear}
        for name in self.accepted:
            if name not in met | unclear:
                because = f"accepted names {name!r}, and nothing was found under that name: take it out"
                yield Reason(limit="", outcome="undecided", because=because)

    def _not_examined(self) -> Iterable[NotExamined]:
        for name, why in sorted(self.accepted.items()):
            yield NotExamined(what=name, why=f"accepted, as the binding says: {why}", count=1)
        for why, count in sorted(self.tree.aside.items()):
            yield NotExamined(what="files and folders left out", why=why, count=count)
        for what, count in sorted(self.findings.unseen.items()):
            yield NotExamined(what=what, why="reading a source does not tell which", count=count)
        why = "only what lies in the folder of the manifest is read"
        yield NotExamined(what="accounts, other repositories, and what installed packages do", why=why, count=1)

    def _artefact(self) -> ArtefactBytes:
        document: dict[str, Any] = {
            "declared": [
                {"sort": one.sort, "name": one.name, "where": one.where, "sign": one.sign, "by": by}
                for one, by in self.matched.declared
            ],
            "gaps": [
                {"measure": gap.measure, "name": gap.name, "text": gap.text, "accepted": self.accepted.get(gap.name)}
                for gap in self.matched.gaps
            ],
            "unclear": [{"where": where, "why": why} for where, why in self.findings.unclear],
        }
        data = json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace")
        return ArtefactBytes(name="inventory.json", media_type="application/json", data=data + b"\n")


def inventory_ref(system: Ref) -> Ref:
    """What evidence names the inventory and the folder by: no `system:…`, which posture would judge as one more."""
    return Ref("inventory", system.path)


def _listed(source: SystemSource, findings: "Findings") -> dict[Ref, set[str]]:
    """The packages of each model's list; one that cannot be read is unclear."""
    from upright.checks.inventory.reading import packages_of
    from upright.checks.supply.listed import ListError

    found = {}
    for model in source.models:
        if model.requirements is not None:
            try:
                found[model.ref.bare] = packages_of(model.requirements)
            except ListError as why:
                findings.unclear.append((str(model.ref.bare), str(why)))
    return found
