"""A sacrificial process that reads files as loaders do and says which globals they ask for; it resolves none of them.

Run as a program: takes files on standard input, each behind four bytes of its length; answers one JSON line per file.
Every name becomes a class that accepts whatever is done to it, so that a stream runs as far as it can.
"""

import _pickle
import copyreg
import io
import json
import pickle
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

ANSWER_SECONDS = 300


class Stub:
    """Stands for anything that was named or made."""

    def __new__(cls, *args: Any, **_: Any) -> "Stub":
        made = object.__new__(cls)
        made.args = args
        return made

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> "Stub":
        return Stub()

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, *_: Any) -> None:
        pass

    def append(self, *_: Any) -> None:
        pass

    extend = add = update = append


class Named(type):
    """Of classes that stand for a name: they take a state and items too."""

    def __setstate__(cls, _state: Any) -> None:
        pass

    __setitem__ = append = extend = add = update = __setstate__


def stand_in(asked: list[Any], version: int | None, module: str, name: str) -> Any:
    asked.append((module, name, version))
    return type.__new__(Named, "Named", (Stub,), {"module": module, "name": name, "__module__": "oracle"})


class InPython(pickle._Unpickler):
    """The unpickler written in Python."""

    def __init__(self, file: Any, asked: list[Any]) -> None:
        super().__init__(file)
        self.asked = asked

    def find_class(self, module: str, name: str) -> Any:
        return stand_in(self.asked, self.proto, module, name)

    def persistent_load(self, _: Any) -> Any:
        return stand_in(self.asked, None, "persistent", "id")


class InC(_pickle.Unpickler):
    """The one written in C, which ``pickle.load`` uses."""

    asked: list[Any]

    def find_class(self, module: str, name: str) -> Any:
        return stand_in(self.asked, None, module, name)

    def persistent_load(self, _: Any) -> Any:
        return stand_in(self.asked, None, "persistent", "id")


class LikeJoblib(InPython):
    """Reads the bytes of an array after its place-holder, as ``joblib.load`` does."""

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def load_build(self) -> None:
        super().load_build()
        top = self.stack[-1]
        if getattr(top, "name", None) != "NumpyArrayWrapper" or isinstance(top, type):
            return
        state = self.stack[-1].state
        code = state["dtype"].args[0]
        if code == "O":
            inner = InC(self._file)
            inner.asked = self.asked
            inner.load()
            return
        if state["numpy_array_alignment_bytes"] is not None:
            padding = self._file.read(1)[0]
            self._file.read(padding)
        self._file.read(state["shape"][0] * {"u1": 1, "f8": 8}[code])

    dispatch[pickle.BUILD[0]] = load_build

    def load(self) -> Any:
        self._file = self.given
        return super().load()


def readings(data: bytes) -> Any:
    """Each way of loading, as a function that loads the next pickle and the list of what it asked for."""
    for kept in (False, True):
        for make in (_python, _c):
            file, asked = io.BytesIO(data), []
            yield make, file, asked, kept
    yield _joblib, io.BytesIO(data), [], False


def _python(file: Any, asked: list[Any]) -> Any:
    return InPython(file, asked)


def _c(file: Any, asked: list[Any]) -> Any:
    made = InC(file)
    made.asked = asked
    return made


def _joblib(file: Any, asked: list[Any]) -> Any:
    made = LikeJoblib(file, asked)
    made.given = file
    return made


def ask(data: bytes) -> dict[str, list[Any]]:
    """The globals that each way of loading asks for."""
    found: dict[str, list[Any]] = {}
    for make, file, asked, kept in readings(data):
        reader = make(file, asked)
        try:
            for _ in range(50):
                reader.load()
                if not kept:
                    reader = make(file, asked)
        except Exception:  # the stream broke, as many here do
            pass
        found[f"{make.__name__}{'-kept' if kept else ''}"] = asked
    return found


def main() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
    except ImportError:
        pass
    for code in (1, 7, 255):
        copyreg.add_extension("extension", f"number{code}", code)
    while head := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(struct.unpack("<L", head)[0])
        sys.stdout.write(json.dumps(ask(data)) + "\n")


def consult(files: list[bytes]) -> list[dict[str, list[Any]]]:
    """Asks the sacrificial process about many files."""
    given = b"".join(struct.pack("<L", len(data)) + data for data in files)
    done = subprocess.run(
        [sys.executable, "-I", Path(__file__)], input=given, capture_output=True, timeout=ANSWER_SECONDS, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main()
