"""Models that checks ask: each loaded once, in a sandboxed child of its own, and only what its scan or owner allows."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from upright.checks.asking import ModelSession
from upright.checks.confined.adapters import ADAPTERS, BY_ENDING
from upright.checks.contract import Context, ModelSource
from upright.checks.endpoints import MissingKeyError, endpoint_child
from upright.checks.sandbox import Child, ConfinedError, SandboxLimits
from upright.measures.errors import MeasureInputError

OUTPUTS = ("predict_proba", "decision_function", "predict")
_PACKAGES = {"onnxruntime": "'upright[onnx]'"}


class NoModelError(MeasureInputError):
    """The model cannot be asked here, so a check that needs it stays undecided."""


class Models:
    """Opens each model once; use as ``Context(models=models, …)`` and close it when the checks are done.

    ``scratch`` holds a copy of the model, so that what was scanned, named by digest and loaded is one thing.
    """

    def __init__(self, scratch: Path, limits: SandboxLimits | None = None) -> None:
        self._scratch, self._limits = scratch, limits
        self._open: dict[str, ModelSession] = {}
        self._refused: dict[str, str] = {}
        self._readers: dict[str, Child] = {}

    def open(self, source: ModelSource) -> ModelSession:
        """The model, ready to be asked.

        Raises:
            NoModelError: no adapter, changed or not scanned clean, no sandbox, a missing library, or it will not load.
        """
        key = repr(replace(source, positive=None, threshold=None, signature=None, requirements=None))
        session = self._open.get(key)
        if session is not None and session.is_alive:
            return session.meaning(source)
        if key in self._refused:
            raise NoModelError(self._refused[key], code="UP-MODEL-01")
        try:
            self._open[key] = session = self._start(source)
        except NoModelError as why:
            self._refused[key] = why.message
            raise
        return session

    def reader(self, task: str) -> Child:
        """The child of a task that brings its own model, such as one of language.

        Raises:
            ConfinedError: there is no sandbox here.
        """
        child = self._readers.get(task)
        if child is None or not child.is_alive:
            self._scratch.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self._scratch, prefix=f"{task}-"))
            self._readers[task] = child = Child(task, scratch=folder, limits=self._limits)
        return child

    def close(self) -> None:
        """Ends every child."""
        for session in self._open.values():
            session.close()
        for child in self._readers.values():
            child.close()
        self._open.clear()
        self._readers.clear()

    def _start(self, source: ModelSource) -> ModelSession:
        name = _adapter(source)
        if source.output is not None and source.output not in OUTPUTS:
            raise NoModelError(
                f"output {source.output!r} is not known; expected one of {', '.join(OUTPUTS)}", code="UP-MODEL-02"
            )
        if not source.features:
            raise NoModelError("the manifest names no features of the model", code="UP-MODEL-03")
        self._scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._scratch, prefix="model-"))
        try:
            request, child = self._child(source, folder)
        except ConfinedError as why:
            raise _refusal(why) from None
        except MissingKeyError as why:
            raise NoModelError(why.message, code="UP-MODEL-08") from None
        request |= {"op": "load", "adapter": name, "features": list(source.features), "output": source.output}
        try:
            about, _ = child.ask(request)
        except ConfinedError as why:
            child.close()
            raise _refusal(why) from None
        return ModelSession(source, child, about)

    def _child(self, source: ModelSource, folder: Path) -> tuple[dict[str, Any], Child]:
        if source.endpoint is not None:
            return endpoint_child("model", source.endpoint, folder, self._limits)
        copy = folder / f"model{Path(source.path).suffix.lower()}"
        _fetch(source, copy)
        return {"path": str(copy.resolve())}, Child("model", scratch=folder, limits=self._limits)


@contextlib.contextmanager
def opened(source: ModelSource, context: Context) -> Iterator[ModelSession]:
    """The model from the context's ``Models``, else from a child that ends with the block.

    Raises:
        NoModelError: it cannot be asked.
    """
    if context.models is not None:
        yield context.models.open(source)
        return
    limits = context.sandbox if isinstance(context.sandbox, SandboxLimits) else None
    with contextlib.closing(Models(Path(context.scratch), limits)) as own:
        yield own.open(source)


@contextlib.contextmanager
def child_of(task: str, context: Context) -> Iterator[Child]:
    """The same for a child that loads no model of the user's.

    Raises:
        ConfinedError: there is no sandbox here.
    """
    if context.models is not None:
        yield context.models.reader(task)
        return
    limits = context.sandbox if isinstance(context.sandbox, SandboxLimits) else None
    with contextlib.closing(Models(Path(context.scratch), limits)) as own:
        yield own.reader(task)


def _adapter(source: ModelSource) -> str:
    if source.endpoint is not None:
        name = source.adapter or "http"
    else:
        name = source.adapter or BY_ENDING.get(Path(source.path).suffix.lower(), "sklearn")
    if name not in ADAPTERS:
        raise NoModelError(
            f"there is no adapter {name!r} for scoring; there are: {', '.join(ADAPTERS)}", code="UP-MODEL-04"
        )
    if ADAPTERS[name].is_hosted != (source.endpoint is not None):
        asks = "asks an endpoint, and the model is a file"
        what = asks if ADAPTERS[name].is_hosted else "loads a file, and the model is hosted"
        raise NoModelError(f"the adapter {name!r} {what}", code="UP-MODEL-04")
    return name


def _fetch(source: ModelSource, copy: Path) -> None:
    from upright.modelfiles import Verdict, scan

    if not Path(source.path).is_file():
        raise NoModelError(f"{Path(source.path).name} is not one file", code="UP-MODEL-05")
    shutil.copyfile(source.path, copy)
    with copy.open("rb") as file:
        digest = _digest_of(file)
    if source.hold == "bytes" and digest != source.digest:
        raise NoModelError("the model file changed while it was assessed", code="UP-MODEL-06")
    verdict = scan([copy]).verdict
    if verdict is Verdict.CLEAN or (source.may_load and verdict is not Verdict.DANGEROUS):
        return
    allow = "" if verdict is Verdict.DANGEROUS else ", and the manifest does not say may_load: true"
    raise NoModelError(f"the model file was not loaded: its scan says {verdict.value}{allow}", code="UP-MODEL-07")


def _digest_of(file: IO[bytes]) -> str:
    digest = sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def _refusal(why: ConfinedError) -> NoModelError:
    if why.status == "no sandbox":
        return NoModelError(why.why, code="UP-MODEL-09")
    if why.needs:
        extra = next((one.extra for key, one in ADAPTERS.items() if key == why.needs), "")
        how = f"'upright[{extra}]'" if extra else _PACKAGES.get(why.needs, why.needs)
        return NoModelError(
            f"the model needs {why.needs}, which is not installed here; pip install {how}", code="UP-MODEL-10"
        )
    said = f" ({why.errors.splitlines()[-1][:200]})" if why.errors else ""
    return NoModelError(f"the model cannot be loaded: {why.why}{said}", code="UP-MODEL-11")
