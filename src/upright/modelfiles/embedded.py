"""Boosters within a pickle: their bytes go to a native library when the file is loaded, so they are read here first."""

from typing import TYPE_CHECKING, Any

from upright.modelfiles.examiner import Examiner
from upright.modelfiles.report import Findings
from upright.modelfiles.values import Box, Bytes, Instance, LongText
from upright.modelfiles.window import Window

if TYPE_CHECKING:
    from upright.modelfiles.machine import Machine


def examine_booster(m: "Machine", target: Instance, state: Any) -> None:
    """Examines what ``Booster.__setstate__`` gives the library, as a file of its own.

    ``state`` has passed the guard of its class. Source: xgboost 3.2 ``core.py``, lightgbm 4.7 ``basic.py``.
    """
    from upright.modelfiles.boosters import examine_lightgbm, examine_ubjson

    xgboost = target.of.entry is not None and target.of.entry.build_guard == "xgboost"
    held = state.items["handle"] if xgboost else state.items.get("_handle", state.items.get("handle"))
    if held is None:
        return
    window = _bytes_of(m, held) if xgboost else _text_of(m, held)
    if window is None:
        m.findings.suspicious("holds a booster whose bytes are not followed", name=target.of.path, offset=m.offset)
        return
    ex = Examiner(m.allow, Findings("its booster: ", m.findings), m.budget, reader=_nothing_within)
    read = examine_ubjson if xgboost else examine_lightgbm
    form = read(window, ex)
    if xgboost and form != "xgboost-state":
        ex.findings.not_examined("is not what a pickled booster holds")


def _nothing_within(_window: Window, _ex: Examiner) -> str:
    return "unknown"


def _text_of(m: "Machine", text: str | LongText) -> Window | None:
    if isinstance(text, str):
        return Window.over(text.encode("utf-8", "surrogatepass"))
    if text.at < 0:
        return None
    if text.codec == "utf-8":
        return Window(m.buffer, text.at, text.at + text.size)
    return Window.over(m.buffer[text.at : text.at + text.size].decode(text.codec).encode("utf-8", "surrogatepass"))


def _bytes_of(m: "Machine", held: Box) -> Window | None:
    raw = held.raw
    if not isinstance(raw, Bytes):
        return None
    if raw.at >= 0:
        return Window(m.buffer, raw.at, raw.at + raw.size)
    if raw.text is None or raw.text.at < 0:
        return None
    stored = m.buffer[raw.text.at : raw.text.at + raw.text.size]
    try:
        return Window.over(stored.decode(raw.text.codec).encode("latin-1"))
    except UnicodeError:
        return None
