"""Chat templates: Jinja programs that a reader of the model runs, in a sandbox or not. Judged by their syntax tree."""

import re
from typing import Any

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.knowledge import data
from upright.modelfiles.report import Findings
from upright.modelfiles.window import Window

LONGEST = 1_000_000
ENDINGS = (".jinja", ".jinja2", ".j2")
"""What a file is called that holds one template; readers of models take ``chat_template.jinja``."""
_OPENS = re.compile(rb"\s*(?:\{\{|\{%|\{#[-+\s])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_BY_NAME = {"map", "selectattr", "rejectattr", "groupby"}
_REACHING = {
    "lipsum",
    "cycler",
    "joiner",
    "self",
    "config",
    "request",
    "url_for",
    "get_flashed_messages",
    "environment",
}
_ATTRIBUTES = {"format", "format_map", "mro", "func_globals", "gi_frame", "cr_frame", "f_globals", "co_code"}


def opens_template(head: bytes) -> bool:
    """Whether a file begins with one of Jinja's marks, which neither JSON nor UBJSON begins with."""
    return _OPENS.match(head) is not None


def examine_template(window: Window, ex: Examiner) -> str:
    """Examines a file that is one chat template; returns its format."""
    if len(window) > 4 * LONGEST:
        ex.findings.not_examined(f"is a template of more than {LONGEST} characters", offset=0)
        return "chat-template"
    try:
        text = window.all().decode("utf-8-sig")
    except UnicodeDecodeError as why:
        ex.findings.not_examined("begins like a template and is no UTF-8 text", offset=why.start)
        return "chat-template"
    control = _CONTROL.search(text)
    if control is not None:
        at = len(text[: control.start()].encode())
        ex.findings.not_examined("begins like a template and holds control characters, so it is no text", offset=at)
        return "chat-template"
    judge_template(text, ex.findings, "the template")
    return "chat-template"


def judge_template(text: str, findings: Findings, what: str, *, is_called_one: bool = True) -> None:
    """Adds what a template could do beyond writing texts from its messages.

    A text that nothing calls a template (``is_called_one``) may have its marks and be none; that is no news.
    """
    if len(text) > LONGEST:
        findings.not_examined(f"{what} is longer than {LONGEST} characters")
        return
    import jinja2

    env = jinja2.Environment(extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do"], autoescape=True)
    try:
        tree = env.parse(_without_generation(text))
    except (jinja2.TemplateError, RecursionError, ValueError) as why:
        if is_called_one or isinstance(why, RecursionError):
            findings.suspicious(f"{what} is no template that is understood: {str(why)[:120]}")
        return
    try:
        _Judge(findings, what).walk(tree)
    except RecursionError:
        findings.suspicious(f"{what} nests too deep")


def _without_generation(text: str) -> str:
    """Transformers' own block, which marks what the model wrote."""
    return re.sub(r"\{%-?\s*(?:end)?generation\s*-?%\}", "", text)


def _is_text(node: Any, nodes: Any) -> bool:
    return isinstance(node, nodes.Const) and isinstance(node.value, str)


def _is_computed(key: Any, nodes: Any) -> bool:
    """Whether a key is put together from texts: so are names hidden."""
    if isinstance(key, nodes.Concat | nodes.Filter | nodes.Call) or next(key.find_all(nodes.Concat), None) is not None:
        return True
    return isinstance(key, nodes.Add | nodes.Mod) and any(_is_text(part, nodes) for part in (key.left, key.right))


class _Judge:
    def __init__(self, findings: Findings, what: str) -> None:
        self.findings = findings
        self.what = what
        self.made: set[str] = set()
        self.known = data("templates.yaml")

    def walk(self, tree: Any) -> None:
        from jinja2 import nodes

        for node in tree.find_all((nodes.Name, nodes.Macro)):
            if isinstance(node, nodes.Macro):
                self.made.add(node.name)
        for node in tree.find_all(nodes.Node):
            self._node(node, nodes)

    def _node(self, node: Any, nodes: Any) -> None:
        if isinstance(node, nodes.Import | nodes.FromImport | nodes.Include | nodes.Extends):
            self._dangerous("takes in another template")
        elif isinstance(node, nodes.Getattr):
            self._attribute(node.attr)
        elif isinstance(node, nodes.Getitem):
            self._key(node.arg, nodes)
        elif isinstance(node, nodes.Filter):
            self._filter(node, nodes)
        elif isinstance(node, nodes.Call):
            self._call(node, nodes)
        elif isinstance(node, nodes.Name):
            if node.name in _REACHING or node.name.startswith("_"):
                self._suspicious(f"reaches for {node.name[:60]!r}")
        elif isinstance(node, nodes.Keyword):
            self._attribute(node.key)
        elif isinstance(node, nodes.Mod) and _is_text(node.left, nodes):
            self._suspicious("puts a text together by a pattern")
        elif _is_text(node, nodes) and ("__" in node.value or node.value[:1] == "_" or node.value[-1:] == "_"):
            self._suspicious(f"has the text {node.value[:60]!r}, of which hidden names are made")

    def _attribute(self, name: str) -> None:
        if name.startswith("_"):
            self._dangerous(f"reaches for {name[:60]!r}")
        elif name in _ATTRIBUTES:
            self._dangerous(f"reaches for {name!r}")

    def _key(self, key: Any, nodes: Any) -> None:
        if isinstance(key, nodes.Const):
            if isinstance(key.value, str):
                self._attribute(key.value)
        elif _is_computed(key, nodes):
            self._suspicious("computes the name of what it reaches for")

    def _filter(self, node: Any, nodes: Any) -> None:
        if node.name == "attr":
            self._dangerous("reaches for an attribute by a filter")
        elif node.name not in self.known["filters"]:
            self._suspicious(f"uses the filter {node.name[:60]!r}")
        elif node.name == "string" and isinstance(node.node, nodes.Name) and node.node.name in self.known["functions"]:
            self._suspicious("makes a text of a function")
        for value in (*node.args, *(pair.value for pair in node.kwargs)):
            if _is_text(value, nodes) and node.name in _BY_NAME:
                for part in value.value.split("."):
                    self._attribute(part)

    def _call(self, node: Any, nodes: Any) -> None:
        target = node.node
        if isinstance(target, nodes.Name):
            if target.name not in self.known["functions"] and target.name not in self.made:
                self._suspicious(f"calls {target.name[:60]!r}")
        elif isinstance(target, nodes.Getattr):
            if target.attr not in self.known["methods"]:
                self._suspicious(f"calls the method {target.attr[:60]!r}")
        else:
            self._suspicious("calls something that it computed")

    def _dangerous(self, what: str) -> None:
        self.findings.dangerous(f"{self.what} {what}")

    def _suspicious(self, what: str) -> None:
        self.findings.suspicious(f"{self.what} {what}")
