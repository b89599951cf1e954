"""How a manifest's bindings differ from the approved ones: what was loosened, removed or changed is never silent."""

from collections.abc import Iterable, Mapping
from typing import Any

from upright.kernel import as_decimal
from upright.workspace.values import BindingChange

BindingRecord = Mapping[str, Any]


def binding_changes(
    approved: Mapping[str, BindingRecord], proposed: Iterable[BindingRecord]
) -> tuple[BindingChange, ...]:
    """Each difference between the approved bindings (by id) and the manifest's, in the order of ids.

    A binding that was changed in several ways is named for the gravest: changed, then loosened, then tightened.
    """
    now = {binding["id"]: binding for binding in proposed}
    found = []
    for binding_id in sorted({*approved, *now}):
        old, new = approved.get(binding_id), now.get(binding_id)
        change = _change(binding_id, old, new)
        if change is not None:
            found.append(change)
    return tuple(found)


def _change(binding_id: str, old: BindingRecord | None, new: BindingRecord | None) -> BindingChange | None:
    if new is None:
        return BindingChange(binding=binding_id, what="removed", detail="the manifest no longer has this check")
    if old is None:
        return BindingChange(binding=binding_id, what="added", detail=f"{new['check']} on {new['subject']}")
    different = [name for name in ("check", "subject", "options") if old[name] != new[name]]
    if different:
        detail = "; ".join(_told(name, old[name], new[name]) for name in different)
        return BindingChange(binding=binding_id, what="changed", detail=detail)
    looser, tighter = compare_limits(old["limits"], new["limits"])
    if looser:
        return BindingChange(binding=binding_id, what="loosened", detail="; ".join(looser))
    if tighter:
        return BindingChange(binding=binding_id, what="tightened", detail="; ".join(tighter))
    return None


def compare_limits(
    old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]
) -> tuple[list[str], list[str]]:
    """What became looser and what became tighter, in words; a limit that is missing is looser than any.

    >>> compare_limits({"auc": {"at_least": "0.7"}}, {"auc": {"at_least": "0.65"}})
    (['auc at_least 0.7 became 0.65'], [])
    """
    looser: list[str] = []
    tighter: list[str] = []
    for measure in sorted({*old, *new}):
        for bound in ("at_least", "at_most"):
            before, after = old.get(measure, {}).get(bound), new.get(measure, {}).get(bound)
            if before == after:
                continue
            told = f"{measure} {bound} {before or 'no limit'} became {after or 'no limit'}"
            (looser if _is_looser(bound, before, after) else tighter).append(told)
    return looser, tighter


def _is_looser(bound: str, before: str | None, after: str | None) -> bool:
    if before is None or after is None:
        return after is None
    return as_decimal(after) < as_decimal(before) if bound == "at_least" else as_decimal(after) > as_decimal(before)


def _told(name: str, old: Any, new: Any) -> str:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return f"{name} {old} became {new}"
    return f"{name} changed: {', '.join(_paths(old, new))}"


def _paths(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The dotted names of what differs, as deep as both have names: ``on.declared.origin`` and not just ``on``."""
    found: list[str] = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        deeper = isinstance(before, Mapping | None) and isinstance(after, Mapping | None)
        found += [f"{key}.{one}" for one in _paths(before or {}, after or {})] if deeper else [key]
    return found
