"""The gate of a workspace: records what is, answers, and writes the answer down as a verdict."""

from typing import TYPE_CHECKING

import msgspec

from upright.workspace import judge
from upright.workspace.errors import WorkspaceError

if TYPE_CHECKING:
    from upright.gate import GateAnswer
    from upright.workspace.manifest import Manifest
    from upright.workspace.workspace import Workspace


def ask_gate(
    workspace: "Workspace", stage: str, *, system: str | None, at: str | None, manifest: "Manifest | None"
) -> "GateAnswer":
    """See ``Workspace.gate``."""
    from upright.gate import answer
    from upright.workspace.safe_yaml import suggest

    if at is None and manifest is not None:
        workspace.record(workspace.observe(manifest))
    facts, catalogue, _ = workspace.posture(at)
    if stage not in catalogue.stages:
        raise WorkspaceError(f"{stage!r} is no life-cycle stage.{suggest(stage, catalogue.stages)}", code="UP-WORK-11")
    ref = workspace.one_system(system if system or manifest is None else manifest.system.id)
    found = answer(facts, catalogue, system=str(ref), stage=stage)
    if at is None:
        content = {"at": facts.at, "catalogue": dict(catalogue.digests), "answer": msgspec.to_builtins(found)}
        content["answer"].pop("at", None)
        content["facts"] = content["answer"].pop("facts", facts.digest())
        verdict = judge.verdict_entry("gate", str(ref), content)
        stream = workspace.log.stream(verdict.ref)
        if not judge.same_verdict(stream[-1] if stream else None, verdict):
            workspace.append([verdict])
    return found
