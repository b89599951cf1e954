"""Hugging Face model card: ``README.md`` that begins with YAML between ``---``. Read from huggingface_hub 2.4.0."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upright.checks.foreign import plain, skipped
from upright.interchange.findings import Findings, bare_number, slug
from upright.interchange.reading import LARGEST_YAML, head_of, refused, yaml_of
from upright.measures.estimate import Estimate

FORMAT = "Hugging Face model card"
_EXPECTED = ("license", "datasets", "pipeline_tag", "library_name", "language")


def recognises(head: bytes) -> bool:
    """Whether a text begins with YAML front matter."""
    return head.lstrip(b"\xef\xbb\xbf").startswith((b"---\n", b"---\r\n"))


def read(path: Path) -> Findings:
    """The evaluation results that the card states (``model-index``); it says on how many cases of none of them.

    What its author states is not measured here, so it never passes anything by itself. What the card leaves out of
    licence, data sets, task, library and language is listed.
    """
    text = head_of(path, LARGEST_YAML).decode("utf-8-sig", "replace").replace("\r\n", "\n")
    matter, end, _ = text.removeprefix("---\n").partition("\n---")
    card = yaml_of(path, matter) if end else None
    if not isinstance(card, Mapping):
        raise refused(path, "it begins with '---' and holds no YAML mapping up to the next '---'")
    if not any(name in card for name in ("model-index", "license", "tags", *_EXPECTED)):
        raise refused(path, "its front matter names nothing that a model card has", code="UP-IMP-03")
    rows = list(_results(card.get("model-index")))
    missing = [name for name in _EXPECTED if not card.get(name)]
    return Findings(
        format=FORMAT,
        tool="Hugging Face model card",
        kinds=("performance", "llm-quality"),
        estimates=tuple(rows),
        partial=() if rows else ("it states no evaluation result",),
        not_examined=skipped([(name, "the card does not say", 1) for name in missing]),
        about=plain(_name(card.get("model-index")) or card.get("base_model") or ""),
        settings={name: plain(card[name]) for name in _EXPECTED if card.get(name)},
    )


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _name(index: Any) -> str:
    return next((str(one["name"]) for one in _rows(index) if one.get("name")), "")


def _results(index: Any) -> Any:
    for model in _rows(index):
        for result in _rows(model.get("results")):
            dataset = result.get("dataset")
            data = dataset if isinstance(dataset, Mapping) else {}
            for metric in _rows(result.get("metrics")):
                found = _metric(metric, data)
                if found is not None:
                    yield found


def _metric(metric: Mapping[str, Any], data: Mapping[str, Any]) -> Estimate | None:
    try:
        value = float(str(metric.get("value")))
    except ValueError:
        return None
    if not abs(value) < 1e300:
        return None
    group = {"dataset": plain(data.get("name") or data.get("type") or "unnamed")}
    if data.get("split"):
        group["split"] = plain(data["split"])
    if str(metric.get("verified", "")).lower() == "true":
        group["verified"] = "by Hugging Face"
    return bare_number(slug(str(metric.get("type") or metric.get("name") or "unnamed")), value, group=group)
