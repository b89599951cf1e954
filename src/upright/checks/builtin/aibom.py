"""What a model is made of, as a CycloneDX bill of materials; what nobody has said is written down as unknown."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from upright.checks.contract import (
    ArtefactBytes,
    Binding,
    CheckResult,
    Context,
    ExtraInput,
    ModelSource,
    Run,
    TableSource,
    check,
)
from upright.checks.inputs import model_of
from upright.checks.judge import judge
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError, Ref
from upright.measures.estimate import exact

if TYPE_CHECKING:
    from upright.checks.supply.listed import Listing

MISSING = "unknown_parts"
PARTS = ("files", "dependencies", "training_data", "licence")
ARTEFACT = "aibom.cdx.json"
_HOW = {
    "files": "the model is hosted elsewhere, so its files cannot be seen here",
    "dependencies": "set `requirements` of the model to a list that pins every package, and `complete: true` if it "
    "names everything but has no hashes",
    "training_data": "name the data it was trained on with `against: dataset:…`",
    "licence": "set the option `licence`, such as Apache-2.0",
    "version": "set the option `version`",
    "author": "set the option `author`",
    "task": "set the option `task`, such as classification",
    "architecture": "set the option `architecture`, such as logistic regression",
}


@check(
    "aibom",
    version="1",
    kinds=("aibom",),
    about=("model",),
    measures=(MISSING, "files", "dependencies", "dependencies_without_version", "data_sets"),
    default_limits={MISSING: {"at_most": "0"}},
)
def aibom(
    *,
    expect: tuple[str, ...] = PARTS,
    complete: bool = False,
    version: str | None = None,
    licence: str | None = None,
    author: str | None = None,
    task: str | None = None,
    architecture: str | None = None,
) -> Run:
    """Writes ``aibom.cdx.json``: the model with its files and their digests, what it runs on, and its training data.

    CycloneDX 1.6 with a model card. The data set that it was trained on is named by ``against``; ``version``,
    ``licence``, ``author``, ``task`` and ``architecture`` are declared here, since no file says them. What is not known
    is written as unknown, and counted where ``expect`` names it: ``files``, ``dependencies``, ``training_data``,
    ``licence``, ``version``, ``author``, ``task``, ``architecture``. ``complete`` says that a list of packages without
    hashes names everything.
    """
    declared = {
        "version": version, "licence": licence, "author": author, "task": task, "architecture": architecture,
    }  # fmt: skip

    def run(binding: Binding, _context: Context) -> CheckResult:
        odd = next((part for part in expect if part not in _HOW), None)
        if odd is not None:
            raise InputError(f"expect: {odd!r} is no part of a bill; there are {', '.join(_HOW)}.", code="UP-CHECK-73")
        return _Bill(binding, declared, complete=complete).result(expect)

    return run


class _Bill:
    """The parts of one model's bill."""

    def __init__(self, binding: Binding, declared: dict[str, str | None], *, complete: bool) -> None:
        from upright.checks.supply.files import files_of

        self.binding, self.model = binding, model_of(binding)
        self.ref = str(self.model.ref.bare)
        self.said = {name: " ".join(value.split()) for name, value in declared.items() if value and value.strip()}
        self.files = files_of(self.model)
        self.listing, self.why_no_list = _listing(self.model)
        self.complete = complete or (self.listing is not None and self.listing.complete)
        if isinstance(binding.against, ModelSource):
            raise InputError(
                f"{binding.id}: `against` names {binding.against.ref}; expected the data set that the model was "
                "trained on.",
                code="UP-CHECK-74",
            )
        self.data = binding.against

    def unknown(self) -> list[str]:
        """The parts that nobody has said or that cannot be seen, in the order of ``_HOW``."""
        listing = self.listing
        has_list = listing is not None and self.complete and not any(one.counts for one in listing.unread)
        known = {"files": bool(self.files), "dependencies": has_list, "training_data": self.data is not None}
        return [part for part in _HOW if not known.get(part, part in self.said)]

    def result(self, expect: tuple[str, ...]) -> CheckResult:
        from upright.checks.supply.bom import MEDIA_TYPE, written

        missing = [part for part in self.unknown() if part in expect]
        packages = [] if self.listing is None else self.listing.packages
        unread = [] if self.listing is None else [one for one in self.listing.unread if one.counts]
        found = [exact(MISSING, len(missing), n=len(expect), unit="parts")]
        counts = {
            "files": (len(self.files), "files"),
            "dependencies": (len(packages) + len(unread), "packages"),
            "dependencies_without_version": (len(unread), "packages"),
            "data_sets": (int(self.data is not None), "data sets"),
        }
        reported = [exact(name, count, n=count, unit=unit) for name, (count, unit) in counts.items()]
        judgement = judge(found, self.binding.limits, reported=reported)
        explained = [
            Reason(limit=MISSING, outcome="failed", because=f"{part} unknown: {self._how(part)}")
            for part in missing
            if judgement.result == "failed"
        ]
        return CheckResult(
            result=judgement.result,
            measurements=judgement.measurements,
            reasons=(*judgement.reasons, *explained),
            not_examined=tuple(self._not_examined(missing)),
            artefacts=(ArtefactBytes(name=ARTEFACT, media_type=MEDIA_TYPE, data=written(self.document())),),
            inputs=self._inputs(),
        )

    def _how(self, part: str) -> str:
        return self.why_no_list if part == "dependencies" and self.why_no_list else _HOW[part]

    def _not_examined(self, missing: list[str]) -> Iterator[NotExamined]:
        why = "a check sees the declaration, not the truth behind it"
        yield NotExamined(what="truth of what is declared", why=why, count=1)
        for part in self.unknown():
            if part not in missing:
                yield NotExamined(what=part.replace("_", " "), why=f"unknown, and not expected: {_HOW[part]}", count=1)

    def _inputs(self) -> tuple[ExtraInput, ...]:
        from upright.checks.supply.requirements import digest_of_list

        if self.model.requirements is None or not self.model.requirements.is_file():
            return ()
        ref = Ref(self.model.ref.type, f"{self.model.ref.path}/requirements")
        return (ExtraInput(ref=ref, digest=digest_of_list(self.model.requirements), hold="bytes"),)

    # --- the document ----------------------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        from upright.checks.supply.bom import bill, library, unread_library

        libraries: list[dict[str, Any]] = []
        if self.listing is not None:
            libraries = [library(one) for one in self.listing.packages]
            libraries += [unread_library(self.ref, one) for one in self.listing.unread if one.counts]
        parts = [*libraries, *([] if self.data is None else [data_part(self.data)])]
        depends = {self.ref: [str(part["bom-ref"]) for part in parts]}
        open_ends = [self.ref] if {"dependencies", "training_data"} & set(self.unknown()) else []
        services = [] if self.model.endpoint is None else [self._service()]
        depends[self.ref] += [str(one["bom-ref"]) for one in services]
        return bill(self._component(), parts, depends, services=services, open_ends=open_ends)

    def _component(self) -> dict[str, Any]:
        from upright.checks.supply.bom import file_part, licences, properties, sha256, unknown

        said = self.said
        version = said.get("version") or (self.model.endpoint.version if self.model.endpoint else "")
        return {
            "type": "machine-learning-model",
            "bom-ref": self.ref,
            "name": self.model.ref.path.rpartition("/")[2],
            **({"version": version} if version else {}),
            **({"authors": [{"name": said["author"]}]} if "author" in said else {}),
            **({"licenses": licences(said["licence"])} if "licence" in said else {}),
            **({"hashes": sha256(self.files[0][1])} if len(self.files) == 1 else {}),
            **(
                {"components": [file_part(self.ref, name, digest) for name, digest in self.files]} if self.files else {}
            ),
            "modelCard": self._card(),
            "properties": [
                *properties(digest=f"sha256:{self.model.digest}", hold=self.model.hold, adapter=self.model.adapter),
                *unknown(self.unknown()),
            ],
        }

    def _card(self) -> dict[str, Any]:
        from upright.checks.supply.bom import properties

        modality = self.binding.traits.get("modality")
        parameters: dict[str, Any] = {
            **({"task": self.said["task"]} if "task" in self.said else {}),
            **({"modelArchitecture": self.said["architecture"]} if "architecture" in self.said else {}),
            **({"datasets": [{"ref": str(self.data.ref.bare)}]} if self.data is not None else {}),
            **({"inputs": [{"format": modality}]} if modality else {}),
            **({"outputs": [{"format": self.model.output}]} if self.model.output else {}),
        }
        more = properties(feature=self.model.features, threshold=self.model.threshold, positive=self.model.positive)
        return {"modelParameters": parameters, **({"properties": more} if more else {})}

    def _service(self) -> dict[str, Any]:
        from urllib.parse import urlsplit

        assert self.model.endpoint is not None
        parts = urlsplit(self.model.endpoint.url)
        port = f":{parts.port}" if parts.port else ""
        return {
            "bom-ref": f"{self.ref}#service",
            "name": self.model.endpoint.model,
            **({"version": self.model.endpoint.version} if self.model.endpoint.version else {}),
            "endpoints": [f"{parts.scheme}://{parts.hostname}{port}{parts.path}"],
        }


def data_part(source: TableSource) -> dict[str, Any]:
    """A data set as a part: what the manifest says of it, and the digest of what it is today."""
    from upright.checks.supply.bom import licences, properties, sha256, unknown

    said = source.declared
    steps = said.get("steps")
    is_file = source.hold == "bytes" and not isinstance(source.path, str) and source.path.is_file()
    missing = [part for part in ("origin", "licence", "collected", "steps") if not said.get(part)]
    return {
        "type": "data",
        "bom-ref": str(source.ref.bare),
        "name": source.ref.path.rpartition("/")[2],
        **({"licenses": licences(str(said["licence"]))} if said.get("licence") else {}),
        **({"hashes": sha256(source.digest)} if is_file else {}),
        "data": [
            {
                "type": "dataset",
                "name": source.ref.path.rpartition("/")[2],
                **({"description": str(said["origin"])} if said.get("origin") else {}),
                **({"sensitiveData": list(source.protected)} if source.protected else {}),
            }
        ],
        "properties": [
            *properties(
                digest=f"sha256:{source.digest}",
                hold=source.hold,
                role=source.role,
                collected=str(said["collected"]) if said.get("collected") else None,
                step=[str(one) for one in steps] if isinstance(steps, list | tuple) else None,
            ),
            *unknown(missing),
        ],
    }


def _listing(model: ModelSource) -> "tuple[Listing | None, str]":
    """The list of packages, or why there is none."""
    from upright.checks.supply.listed import ListError
    from upright.checks.supply.reading import read_list

    if model.requirements is None:
        return None, ""
    try:
        return read_list(model.requirements), ""
    except ListError as why:
        return None, str(why)
