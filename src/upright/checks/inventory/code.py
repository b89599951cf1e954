"""Signs of AI in Python: what it imports, which hosts it names, which models it asks a hub for. Nothing is run."""

import ast
import json
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from upright.checks.inventory import known
from upright.checks.inventory.finding import Findings, Sort

_HUB: dict[str, tuple[Sort, tuple[str, ...]]] = {
    "from_pretrained": ("model", ("pretrained_model_name_or_path",)),
    "hf_hub_download": ("model", ("repo_id",)),
    "snapshot_download": ("model", ("repo_id",)),
    "SentenceTransformer": ("model", ("model_name_or_path",)),
    "CrossEncoder": ("model", ("model_name_or_path", "model_name")),
    "load_dataset": ("data set", ("path",)),
    "fetch_openml": ("data set", ("name", "data_id")),
}
"""Calls that bring a model or data from elsewhere: what they bring, and the names of their first argument."""
_CLIENTS = frozenset({"OpenAI", "AsyncOpenAI"})
_IMPORTERS = frozenset({"import_module", "__import__"})
MODULES_BY_NAME = "modules imported under a name that is put together while running"


def read_python(text: str, place: str, findings: Findings) -> None:
    """Adds what a source tells; what Python cannot parse is unclear, and its words are still looked through."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in other people's strings
            parsed = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as why:
        findings.unclear.append((place, f"it is no Python that can be parsed ({type(why).__name__})"))
        read_text(text, place, findings)
        return
    findings.sources += 1
    _Source(place, findings).read(parsed)


def read_notebook(data: bytes, place: str, findings: Findings) -> None:
    """Adds what the code cells of a notebook tell; lines for the shell (``!``, ``%``) are looked through as text."""
    try:
        cells = json.loads(data)["cells"]
        sources = [_joined(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        findings.unclear.append((place, "it is no notebook that can be read"))
        return
    for number, source in enumerate(sources, 1):
        lines = source.splitlines()
        shell = [line for line in lines if line.lstrip().startswith(("!", "%", "?"))]
        plain = "\n".join("" if line in shell else line for line in lines)
        if lines and lines[0].startswith("%%"):
            shell, plain = lines, ""
        read_text("\n".join(shell), f"{place}:cell {number}", findings)
        read_python(plain, f"{place}:cell {number}", findings)


def _joined(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def read_text(text: str, place: str, findings: Findings, *, line: int | None = None) -> None:
    """Adds the hosts, names of keys and addresses of models that a text holds; ``line`` is where it all stands."""

    def where(at: int) -> str:
        return f"{place}:{line or text.count(chr(10), 0, at) + 1}"

    for at, service, words in known.services_in(text):
        findings.add("service", service, where(at), words)
    for match in known.ASKING.finditer(text):
        _address(match[1], where(match.start()), findings)


def _address(netloc: str, where: str, findings: Findings) -> None:
    host = netloc.rpartition("@")[2]
    if known.service_of_host(host) is None:  # one of a known service is found as that
        findings.add("address", host, where, "an address that models answer")


class _Source:
    """One parsed source."""

    def __init__(self, place: str, findings: Findings) -> None:
        self.place, self.findings = place, findings
        self.openai: list[str] = []
        self.clients = 0

    def read(self, parsed: ast.AST) -> None:
        for node in ast.walk(parsed):
            where = f"{self.place}:{getattr(node, 'lineno', 1)}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                for module in _modules(node):
                    self.module(module, where)
            elif isinstance(node, ast.Call):
                self.call(node, where)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                read_text(node.value, self.place, self.findings, line=node.lineno)
        if self.openai and not self.clients:
            self.findings.add("service", "openai", self.openai[0], "import openai")

    def module(self, dotted: str, where: str) -> None:
        service = known.service_of_module(dotted)
        if service == "openai" and dotted.partition(".")[0] == "openai":
            self.openai.append(where)  # whom it asks, its clients say
        elif service is not None:
            self.findings.add("service", service, where, f"import {dotted}")
        package = known.COMPONENTS.get(dotted.partition(".")[0])
        if package is not None:
            self.findings.add("component", package, where, f"import {dotted.partition('.')[0]}")

    def call(self, node: ast.Call, where: str) -> None:
        name = _last(node.func)
        if name in _IMPORTERS:
            module = _text(_argument(node, ("name",)))
            if module is None:
                self.findings.miss(MODULES_BY_NAME)
            else:
                self.module(module, where)
        elif name in _CLIENTS:
            self.client(node, where)
        elif name in {"client", "resource", "AsyncClient"}:
            asked = _text(_argument(node, ("service_name",)))
            if asked in known.AWS_CLIENTS:
                self.findings.add("service", "aws-ai", where, f"client({asked!r})")
        elif name == "pipeline" and (given := _keyword(node, "model")) is not None:
            self.brought("model", given, where)
        elif name == "load" and ast.unparse(node.func).endswith("hub.load"):
            self.brought("model", _argument(node, ("repo_or_dir",)), where)
        elif name in _HUB:
            sort, names = _HUB[name]
            self.brought(sort, _argument(node, names), where)

    def client(self, node: ast.Call, where: str) -> None:
        """A client that asks OpenAI unless ``base_url`` says otherwise."""
        self.clients += 1
        given = _keyword(node, "base_url")
        if given is None and not any(word.arg is None for word in node.keywords):
            self.findings.add("service", "openai", where, "a client without base_url")
            return
        url = _text(given)
        host = urlsplit(url).netloc if url is not None else ""
        if not host:
            self.findings.unclear.append((where, "the address that its client asks is put together while running"))
        else:
            _address(host, where, self.findings)

    def brought(self, sort: Sort, given: ast.expr | None, where: str) -> None:
        name = _text(given)
        if name is None:
            self.findings.unclear.append((where, f"which {sort} it brings is put together while running"))
        elif not name.startswith((".", "/")):
            self.findings.add(sort, name, where, f"brings {name!r} from a hub")


def _modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module and not node.level:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*")


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _argument(node: ast.Call, names: tuple[str, ...]) -> ast.expr | None:
    if node.args:
        return node.args[0]
    return next((found for name in names if (found := _keyword(node, name)) is not None), None)


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in node.keywords if word.arg == name), None)


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
