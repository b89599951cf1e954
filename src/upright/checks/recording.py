"""How a binding measures, as evidence records it and as it is compared with the approved one."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from upright.checks.contract import Binding, ModelSource, Source, SystemSource
from upright.kernel import decimal_text


def recorded_options(binding: Binding) -> dict[str, Any]:
    """How to measure, as the manifest says it: recorded in evidence, and compared with the approved binding.

    Includes what a table is declared to mean: naming another favourable value is as much another measurement as
    another option. Numbers are decimal texts. A workspace writes the same value into its system record.
    """
    found: dict[str, Any] = {**binding.options}
    if binding.reference:
        found["reference"] = dict(binding.reference)
    if binding.strata:
        found["strata"] = list(binding.strata)
    if binding.not_judged:
        found["not_judged"] = [{"group": dict(one.group), "reason": one.reason} for one in binding.not_judged]
    for key, source in binding.sources():
        declared = _declared(source)
        if declared:
            found[key] = declared
    return dict(_recordable(found))


def _declared(source: Source | None) -> dict[str, Any]:
    if source is None or isinstance(source, SystemSource):
        return {}  # a system's parts change its digests, not how it is measured
    if isinstance(source, ModelSource):
        parts: dict[str, Any] = {
            "adapter": source.adapter,
            "features": source.features,
            "output": source.output,
            "positive": source.positive,
            "threshold": source.threshold,
            "may_load": source.may_load,
            "served_as": None if source.endpoint is None else source.endpoint.model,
            "version": None if source.endpoint is None else source.endpoint.version or None,
        }
    else:
        people = source.people
        parts = {
            "columns": source.columns.named(),
            "favourable": source.favourable,
            "protected": source.protected,
            "predictions_of": None if source.predictions_of is None else str(source.predictions_of.bare),
            "recorded_decisions": source.recorded_decisions,
            "role": source.role,
            "people": None if people is None else {"on": people.on, "columns": people.columns},
            "declared": {name: _shown(name, value) for name, value in source.declared.items()},
        }
    return {name: value for name, value in parts.items() if value not in (None, (), False, {})}


def _shown(name: str, value: Any) -> Any:
    """A file is recorded by its name: where it lies says something of the machine, not of the data."""
    return Path(value).name if name == "croissant" else value


def _recordable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _recordable(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_recordable(one) for one in value]
    if isinstance(value, bool | str | int | None):
        return value
    if isinstance(value, float | Decimal):
        return decimal_text(value)
    return str(value)
