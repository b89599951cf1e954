"""Each refusal carries a stable code: in the source of every room of the server that refuses."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from upright.kernel import UprightError

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "upright"
REFUSING = ("records", "desk", "api", "web")
CODE = re.compile(r"UP-[A-Z]+-\d{2,3}")
GATHERED = {
    "self.errors.as_data()": "what a form found, with its codes",
    "wrong": "a mapping of refusals that carry theirs",
    "problems": "a mapping of refusals that carry theirs",
}


def without_code(source: str, raised: frozenset[str]) -> Iterator[str]:
    """The calls in a source that make a refusal without a code, or with one that is none or gets lost."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        code = next((one.value for one in node.keywords if one.arg == "code"), None)
        is_ours = name in raised or name in {"ValidationError", "misfit"}
        if is_ours and isinstance(code, ast.Constant) and CODE.fullmatch(str(code.value)) is None:
            yield f"{node.lineno}: {name} with {code.value!r}, which is no code"
        if name in raised and code is None and node.args:
            yield f"{node.lineno}: {name} without a code"
        if name == "ValidationError":
            yield from _of_field(node, node.args[0], code)


def _of_field(node: ast.Call, said: ast.expr, code: ast.expr | None) -> Iterator[str]:
    if isinstance(said, ast.Dict | ast.List):
        if code is not None:
            yield f"{node.lineno}: Django drops a code beside a mapping; use misfit"
        for one in said.values if isinstance(said, ast.Dict) else said.elts:
            if isinstance(one, ast.Constant | ast.JoinedStr | ast.BinOp):
                yield f"{node.lineno}: {ast.unparse(one)[:40]} is told without a code"
    elif code is None and ast.unparse(said) not in GATHERED:
        yield f"{node.lineno}: ValidationError without a code"


def refusals() -> frozenset[str]:
    """The names of every error of ours that takes its code from who raises it."""
    for path in SOURCE.rglob("*.py"):
        room, *_ = path.relative_to(SOURCE).parts
        if room in REFUSING and re.search(r"class \w+Error\(", path.read_text()):
            importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
    found, left = set(), [UprightError]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.__init__ is UprightError.__init__:
            found.add(kind.__name__)
    return frozenset(found)


def test_each_refusal_in_a_room_that_refuses_carries_its_code() -> None:
    raised, found, seen = refusals(), [], 0
    assert {"RefusedError", "StandingError", "InputError", "DeniedError"} <= raised
    for path in (one for room in REFUSING for one in sorted((SOURCE / room).rglob("*.py"))):
        text = path.read_text()
        seen += len(re.findall(r"\b(?:misfit|ValidationError|RefusedError|StandingError|DeniedError)\(", text))
        found += [f"{path.relative_to(SOURCE)}:{one}" for one in without_code(text, raised)]
    assert seen > 250
    assert found == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("raise StandingError('It is closed.')", "StandingError without a code"),
        ("raise RefusedError('It is closed.', code='closed')", "which is no code"),
        ("raise ValidationError({'about': 'No record here.'}, code='UP-FIELD-03')", "use misfit"),
        ("raise ValidationError({'about': f'{it} is no record.'})", "told without a code"),
        ("raise ValidationError('No record here.')", "ValidationError without a code"),
        ("raise errors.DeniedError('No.')", "DeniedError without a code"),
    ],
)
def test_a_refusal_without_a_code_is_found(source: str, found: str) -> None:
    assert any(found in one for one in without_code(source, refusals()))


@pytest.mark.parametrize(
    "source",
    [
        "raise StandingError('It is closed.', code='UP-CTRL-05')",
        "raise misfit('about', 'No record here.', code='UP-FIELD-03')",
        "raise StandingError(said, code=code)",
        "raise ValidationError({name: ValidationError(said, code='UP-FIELD-03')})",
    ],
)
def test_a_refusal_with_its_code_passes(source: str) -> None:
    assert list(without_code(source, refusals())) == []
