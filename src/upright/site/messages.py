"""Messages for translators: found in templates and Python, kept in a .po file, compiled; without gettext tools.

``python -m upright.site.messages`` brings both files of every language up to date: what is new is added without a
translation, what is gone is dropped. A test holds that nothing is without one and that the compiled file fits.
"""

import ast
import os
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import jinja2
from django.utils.translation.template import templatize

from upright.kernel.speech import LOCALE, OWN, languages
from upright.kernel.translations import Message, Translations, read

_SOURCES = Path(__file__).parent.parent
_ROOMS = ("web", "desk", "records/identity", "records/collaboration")
_CALLS = {"gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "_": 1, "ngettext": 2, "ngettext_lazy": 2}
_HEAD = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"


def marked() -> Iterator[Message]:
    """Every marked text of the rooms that people see."""
    for room in _ROOMS:
        for path in sorted((_SOURCES / room).rglob("*")):
            if path.suffix == ".py":
                yield from _of_python(path.read_text(encoding="utf-8"))
            elif path.suffix in {".html", ".txt"}:
                yield from in_template(path.read_text(encoding="utf-8"))


def of_reports() -> Iterator[Message]:
    """Every marked text of reports: in their templates, in what makes their parts, and how days read."""
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted((_SOURCES / "reports").rglob("*.j2")):
        for _, call, found in environment.extract_translations(path.read_text("utf-8")):  # type: ignore[attr-defined]
            yield Message(*([found] if isinstance(found, str) else found)[: _CALLS[call]])
    for path in sorted((_SOURCES / "reports").rglob("*.py")):
        yield from _of_python(path.read_text("utf-8"))
    yield from (Message(one) for one in OWN)


def _of_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            found = [one.value for one in node.args[: _CALLS.get(name, 0)] if isinstance(one, ast.Constant)]
            if found and all(isinstance(one, str) for one in found) and len(found) == _CALLS[name]:
                yield Message(*(str(one) for one in found))


def in_template(source: str) -> Iterator[Message]:
    for line in re.finditer(r"\b(ngettext|gettext|_)\(", templatize(source)):
        yield from _of_call(templatize(source)[line.start() :])


def _of_call(text: str) -> Iterator[Message]:
    """The call that a text begins with: what ``templatize`` writes is Python as far as its closing bracket."""
    for end in (found.end() for found in re.finditer(r"\)", text)):
        try:
            tree = ast.parse(text[:end], mode="eval")
        except SyntaxError:
            continue
        yield from _of_python(ast.unparse(tree))
        return


def written(translations: Translations) -> str:
    """The text of a .po file."""
    blocks = [f'msgid ""\nmsgstr {_quoted(_HEAD)}']
    for message, texts in sorted(translations.items()):
        lines = [f"msgid {_quoted(message.text)}"]
        if message.plural:
            lines.append(f"msgid_plural {_quoted(message.plural)}")
            lines += [f"msgstr[{at}] {_quoted(text)}" for at, text in enumerate(texts)]
        else:
            lines.append(f"msgstr {_quoted(texts[0])}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def compiled(translations: Translations) -> bytes:
    """The bytes of a .mo file, as Python's gettext reads them (GNU's format, little endian, without a hash table).

    Checked: by Python's own ``gettext.GNUTranslations``.
    """
    pairs: Mapping[str, str] = {"": _HEAD} | {
        f"{one.text}\0{one.plural}" if one.plural else one.text: "\0".join(texts)
        for one, texts in translations.items()
        if all(texts)
    }
    keys = sorted(key.encode() for key in pairs)
    values = [pairs[key.decode()].encode() for key in keys]
    count, at = len(keys), 28 + 16 * len(keys)
    tables, body = [b"", b""], b""
    for which, texts in enumerate((keys, values)):
        for text in texts:
            tables[which] += struct.pack("<II", len(text), at + len(body))
            body += text + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    return head + tables[0] + tables[1] + body


def books() -> Iterator[tuple[str, Iterator[Message]]]:
    """Every file of a language, by its path without the ending, with what belongs into it."""
    from upright.site import wording

    yield "interface/{}/LC_MESSAGES/django", marked()
    yield "wording/{}/LC_MESSAGES/django", wording.texts()
    yield "wording/{}/LC_MESSAGES/sentences", wording.sentences()
    yield "reports/{}/LC_MESSAGES/reports", of_reports()


def main() -> int:
    """Brings the files of every language up to date; gives how many messages are without a translation."""
    import django

    django.setup()
    missing = 0
    for language in languages()[1:]:
        for name, found in books():
            path = LOCALE / f"{name.format(language)}.po"
            missing += len(_bring_up(path, sorted(set(found))))
    return int(missing > 0)


def _bring_up(path: Path, wanted: list[Message]) -> list[str]:
    known = read(path)
    texts = {one: known.get(one, ("", "") if one.plural else ("",)) for one in wanted}
    path.write_text(written(texts), encoding="utf-8")
    if path.stem != "sentences":
        path.with_suffix(".mo").write_bytes(compiled(texts))
    lacking = [one.text for one, found in texts.items() if not all(found)]
    sys.stdout.write(f"{path.relative_to(LOCALE)}: {len(wanted)} messages, {len(lacking)} without a translation\n")
    return lacking


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "upright.site.settings")
    raise SystemExit(main())
