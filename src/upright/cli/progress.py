"""Progress of an assessment: a bar on a terminal, nothing in CI or where standard error is no terminal."""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upright.workspace import Event


@contextlib.contextmanager
def progress() -> Iterator["Callable[[Event], None]"]:
    """Gives the function to tell events to. The bar vanishes when done, so that only the answer stays."""
    from upright.cli.screen import error_console

    console = error_console()
    if not console.is_terminal or console.is_dumb_terminal or os.environ.get("CI"):
        yield lambda event: None  # noqa: ARG005 - an event that nobody watches
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Reading", total=None)

        def tell(event: "Event") -> None:
            from upright.cli.text import one_line

            working = f"{event.binding} {event.part:.0%}"
            words = {"started": event.binding, "working": working, "posture": "Judging", "recorded": "Recording"}
            bar.update(task, description=one_line(words.get(event.what, event.binding or event.what))[:40].ljust(28))
            if event.of:
                bar.update(task, completed=event.done, total=event.of)

        yield tell
