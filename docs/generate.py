"""``make docs``: the pages of ``docs/reference/``, made from the code and the catalogue, so that they cannot disagree.

``python -m docs.generate`` writes them; ``pages()`` gives them, for the test that finds a stale one.
"""

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "docs" / "reference"
SOURCE = ROOT / "src" / "upright"
NOTE = "<!-- Written by `make docs`; change the code, not this page. -->\n"


def pages() -> dict[str, str]:
    """Every page by its path below ``docs/reference/``."""
    found = {"commands.md": commands(), "kinds.md": kinds(), "errors.md": errors(), "frameworks.md": frameworks()}
    found |= {f"checks/{name}.md": page for name, page in check_pages().items()}
    return found


def page(title: str, *blocks: str) -> str:
    """One page: title, the note that it is made, and its blocks."""
    return "\n\n".join([f"# {title}\n{NOTE}".rstrip(), *(block.strip("\n") for block in blocks if block)]) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def code(text: Any) -> str:
    """Text as code."""
    return f"`{text}`"


# Checks ---------------------------------------------------------------------------------------------------------


def check_pages() -> dict[str, str]:
    """One page for each check, and the list of them."""
    from upright.catalogue import Catalogue
    from upright.checks.registry import checks

    asked = _asked_by_kind(Catalogue.load())
    used = _used_in_examples()
    found = {name: check_page(spec, asked, used.get(name, [])) for name, spec in checks().items()}
    rows = [
        [f"[{name}]({name}.md)", spec.about_text, ", ".join(map(code, spec.kinds))] for name, spec in checks().items()
    ]
    return found | {"README": page("Checks", table(["check", "what it asks", "kinds of evidence"], sorted(rows)))}


def check_page(spec: Any, asked: Mapping[str, list[str]], used: list[tuple[str, str]]) -> str:
    """What one check does, its options, measures and limits, what its evidence serves, and where it is used."""
    _, _, rest = inspect.cleandoc(spec.make.__doc__ or "").partition("\n\n")
    options = [
        [code(name), option.wanted, code(_shown(option.default))] for name, option in sorted(spec.options.items())
    ]
    limits = yaml.safe_dump({"limits": _plain(spec.default_limits)}, default_flow_style=None, width=110).strip()
    serves = sorted({requirement for kind in spec.kinds for requirement in asked.get(kind, [])})
    return page(
        spec.name,
        f"{spec.about_text}\n\n{rest}".strip().replace("``", "`"),
        "## Bound to\nOne of: " + ", ".join(map(code, spec.about)) + f". Version {spec.version}.",
        "## Options\n" + (table(["option", "expects", "default"], options) if options else "None."),
        "## Measures\n"
        + ("A limit may name: " + ", ".join(map(code, spec.measures)) + "." if spec.measures else "Any that it takes."),
        "## Limits\n"
        + (
            f"Where the manifest gives none:\n```yaml\n{limits}\n```"
            if spec.default_limits
            else "The manifest gives them; without one the result is `undecided: no limit`."
        ),
        "## What its evidence serves\n"
        f"Kinds: {', '.join(map(code, spec.kinds))}. "
        + ("Asked for by " + ", ".join(map(code, serves)) + "." if serves else ""),
        *(f"## Example\nFrom `{where}`:\n```yaml\n{text}```" for where, text in used[:1]),
    )


def _shown(value: Any) -> str:
    if value is None or value is True or value is False:
        return {None: "none", True: "yes", False: "no"}[value]
    return "[]" if value == () else str(value)


def _plain(value: Any) -> Any:
    return {key: _plain(one) for key, one in value.items()} if isinstance(value, Mapping) else value


def _asked_by_kind(catalogue: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for requirement in catalogue.requirements.values():
        for ask in requirement.asks:
            for members in ask.all_of:
                for kind in members:
                    found[kind].append(requirement.id)
    return found


def _used_in_examples() -> dict[str, list[tuple[str, str]]]:
    """By check, where a manifest of the examples binds it, and the lines that do, as they are written there."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for file in sorted((ROOT / "examples").glob("*/upright.yaml")):
        text = file.read_text(encoding="utf-8")
        node: Any = yaml.compose(text)
        for key, value in node.value:
            for name, given in value.value if key.value == "checks" else ():
                lines = text[name.start_mark.index - name.start_mark.column : given.end_mark.index].rstrip()
                check = next((one.value for word, one in given.value if word.value == "check"), name.value)
                found[check].append((file.relative_to(ROOT).as_posix(), f"checks:\n{lines}\n"))
    return found


# Commands -------------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with what it takes, as ``--help`` says it."""
    import typer

    from upright.cli.main import SECTIONS, app

    group = typer.main.get_command(app)
    blocks = ["Every command also takes `--format json`, `--workspace DIR` and `--debug`."]
    for title, section in SECTIONS.items():
        blocks.append(f"## {title}")
        for name in section:
            blocks += _command_blocks(f"upright {name}", group.commands[name])  # type: ignore[attr-defined]
    return page("Commands", *blocks)


def _command_blocks(path: str, command: Any) -> Iterator[str]:
    yield f"### {path}\n{inspect.cleandoc(command.help or '')}"
    if hasattr(command, "commands"):
        for name in command.commands:
            yield from _command_blocks(f"{path} {name}", command.commands[name])
        return
    rows = [_parameter(one) for one in command.params if not getattr(one, "hidden", False)]
    rows = [row for row in rows if row[0] not in {"`--help`", "`--format`", "`--workspace`", "`--debug`"}]
    if rows:
        yield table(["takes", "what it is"], rows)


def _parameter(one: Any) -> list[str]:
    is_option = one.param_type_name == "option"
    name = max(one.opts, key=len) if is_option else one.metavar or str(one.name).upper()
    return [code(name), " ".join((getattr(one, "help", None) or "").split())]


# Catalogue ------------------------------------------------------------------------------------------------------


def kinds() -> str:
    """The vocabulary of evidence."""
    from upright.catalogue import Catalogue

    catalogue = Catalogue.load()
    asked = _asked_by_kind(catalogue)
    rows = [
        [
            code(kind.id),
            kind.meaning,
            str(kind.produced_by),
            ", ".join(kind.subject),
            kind.status,
            str(len(set(asked.get(kind.id, [])))),
        ]
        for kind in sorted(catalogue.kinds.values(), key=lambda kind: kind.id)
    ]
    intro = "The one vocabulary of evidence: checks, records and attestations declare kinds, requirements ask for them."
    return page("Kinds of evidence", intro, table(["kind", "meaning", "from", "about", "status", "asked for by"], rows))


def frameworks() -> str:
    """The frameworks, and what each requirement asks for."""
    from upright.catalogue import Catalogue

    catalogue = Catalogue.load()
    blocks = ["What each requirement asks for is our own reading unless its framework's file says otherwise."]
    for framework in catalogue.frameworks.values():
        own = [one for one in catalogue.requirements.values() if one.framework == framework.id]
        rows = [[code(one.id), one.title, "; ".join(map(_ask, one.asks))] for one in own]
        blocks.append(f"## {framework.title}\n{len(rows)} requirements.\n\n" + table(["id", "what", "asks for"], rows))
    return page("Frameworks", *blocks)


def _ask(ask: Any) -> str:
    members = " and ".join(" or ".join(members) for members in ask.all_of)
    return f"{members} about the {ask.about}"


# Errors ---------------------------------------------------------------------------------------------------------


def errors() -> str:
    """Every error code with the sentences that carry it."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(SOURCE.rglob("*.py")):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in nodes:
            if isinstance(node, ast.Call):
                for word in node.keywords:
                    if (
                        word.arg == "code"
                        and isinstance(word.value, ast.Constant)
                        and isinstance(word.value.value, str)
                    ):
                        found[word.value.value].add(_sentence(node))
            elif id(node) not in parts and (said := _CODED.fullmatch(_words(node))) is not None:
                found[said[2]].add(" ".join(said[1].split()).replace("<", "&lt;"))
    rows = [
        [code(name), "<br>".join(sorted(filter(None, found[name])))] for name in sorted(found) if name.startswith("UP-")
    ]
    intro = "A code never changes its meaning. What stands in braces is said with what was found."
    return page("Error codes", intro, table(["code", "what it says"], rows))


_CODED = re.compile(r"(?s)(.+) \[(UP-[A-Z]+-\d+)\]\.?")


def _sentence(call: ast.Call) -> str:
    parts = [_words(argument) for argument in call.args if _words(argument)]
    return " ".join(max(parts, key=len, default="").split()).replace("<", "&lt;")


def _words(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(one.value) if isinstance(one, ast.Constant) else "{…}"
            for one in node.values
            if not isinstance(one, str)
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _words(node.left) + _words(node.right)
    return ""


def main() -> None:
    """Writes every page, and removes those that no longer exist."""
    made = pages()
    for file in HERE.rglob("*.md"):
        if file.relative_to(HERE).as_posix() not in made:
            file.unlink()
    for name, text in made.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
