"""Export of a list, and import in three steps: a file, what its columns and values mean, what would happen."""

import re
import secrets
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render

from upright.desk.description import RecordType
from upright.desk.exporting import header, to_csv, to_xlsx
from upright.desk.importing import Importer, Mapped, Outcome, propose
from upright.desk.listing import matching, options, wanted
from upright.desk.values import label
from upright.interchange.spreadsheets import is_large, read_rows
from upright.kernel import InputError
from upright.records.assurance.packing import mark_of
from upright.records.collaboration.actions import save_mapping
from upright.records.collaboration.models import ImportMapping
from upright.records.trail.server_log import home, now
from upright.records.work.imports import ask_import, progress
from upright.records.work.models import ImportRun
from upright.web.import_runs import outcome_of, tried
from upright.web.requests import Request, given, text_of, the_type

_TOKEN = re.compile(r"[0-9a-f]{32}")
_LARGEST = 64 << 20
_DAY = 24 * 3600
_SAMPLES = 3
_MOST_ASKED = 40
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export(request: Request, name: str, form: str) -> HttpResponseBase:
    """The rows that the list shows, all pages of them."""
    described = the_type(name, request)
    rows = matching(described, wanted(described, given(request)), request.powers)
    made_for = mark_of(request.actor, request.powers)
    mark = "" if made_for is None else str(made_for)
    if form == "csv":
        answer: HttpResponseBase = StreamingHttpResponse(
            to_csv(described, rows, mark), content_type="text/csv; charset=utf-8"
        )
    elif form == "xlsx":
        file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 (the answer closes it)
        to_xlsx(described, rows, Path(file.name), mark)
        answer = FileResponse(file, content_type=_XLSX)
    else:
        raise Http404(f"There is no export as {form!r}.")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def start(request: Request, name: str) -> HttpResponse:
    """Takes a file; it is kept for a day at most, for the person who sent it."""
    described = the_type(name, request, "add")
    refused = None
    sent = request.FILES.get("file")
    if sent is not None:
        try:
            token = _keep(request, sent)
            return redirect("web:import-map", name, token)
        except InputError as why:
            refused = why
    context = {"described": described, "refused": refused, "columns": header(described), "here": described.place}
    return render(request, "web/import.html", context, status=400 if refused else 200)


def mapping(request: Request, name: str, token: str) -> HttpResponse:
    """What columns and values mean, and what an import would do; then the import."""
    described = the_type(name, request, "add")
    path = _path(request, token)
    if not path.is_file():
        raise Http404("This file is not here any more; send it again.")
    head, *samples = [cells for _, cells in islice(read_rows(path), _SAMPLES + 1)]
    earlier = tried(request, name, token) if request.method == "GET" else None
    mapped = _mapped(request, described, head, earlier)
    act = request.POST.get("act", "")
    outcome, refused = None, None
    try:
        importer = Importer(described, mapped, actor=request.actor, powers=request.powers)
        if act == "save":
            saved = save_mapping(
                request.POST.get("mapping_name", "").strip() or described.plural,
                name,
                mapped.columns,
                mapped.values,
                actor=request.actor,
                powers=request.powers,
            )
            messages.success(request, f"The mapping “{saved}” was saved.")
        if act in {"check", "import"} and is_large(path):
            run = ask_import(
                name,
                path,
                f"{described.plural} {now():%Y-%m-%d %H:%M}",
                mapped.columns,
                mapped.values,
                dry=act == "check",
                skip="skip" in request.POST,
                history=mapped.history,
                actor=request.actor,
                powers=request.powers,
                reason=request.POST.get("reason", ""),
                came_from=token,
            )
            return redirect("web:import-run", run.ref)
        if act == "import":
            reason = request.POST.get("reason", "").strip() or f"Imported from {request.POST.get('file', 'a file')}."
            done = importer.run(read_rows(path), reason=reason, dry=False, skip="skip" in request.POST)
            path.unlink(missing_ok=True)
            messages.success(request, _said(done))
            return redirect("web:list", name)
        if earlier is not None:
            outcome = outcome_of(progress(earlier).found)
        elif act:
            outcome = importer.run(read_rows(path), dry=True)
    except InputError as why:
        refused = why
    context = {
        "described": described,
        "token": token,
        "columns": [
            {
                "head": one,
                "field": mapped.columns.get(one, ""),
                "samples": [row[at] for row in samples if at < len(row)],
            }
            for at, one in enumerate(head)
        ],
        "fields": [(one, one if one in {"id", "ref"} else label(described.model, one)) for one in header(described)],
        "saved": ImportMapping.objects.filter(record_type=name).order_by("name"),
        "outcome": outcome,
        "unknown": _unknown(request, described, outcome),
        "answers": [(f"value:{key}", text, to) for key, one in mapped.values.items() for text, to in one.items()],
        "refused": refused,
        "reason": request.POST.get("reason", ""),
        "history": mapped.history,
        "here": described.place,
    }
    return render(request, "web/import_map.html", context, status=400 if refused else 200)


def _mapped(request: Request, described: RecordType, head: list[str], earlier: ImportRun | None) -> Mapped:
    if earlier is not None:
        columns = {one: earlier.columns.get(one, "") for one in head}
        return Mapped(columns=columns, values=earlier.values, history=earlier.history)
    if request.method != "POST":
        saved = ImportMapping.objects.filter(record_type=described.name, ref=text_of(request, "mapping")).first()
        if saved is None:
            return Mapped(columns=propose(described, head))
        return Mapped(columns={one: saved.columns.get(one, "") for one in head}, values=saved.values)
    columns = {one: request.POST.get(f"column:{at}", "") for at, one in enumerate(head)}
    values: dict[str, dict[str, str]] = {}
    for field in described.fields:
        texts, meanings = request.POST.getlist(f"text:{field}"), request.POST.getlist(f"value:{field}")
        found = {text: to for text, to in zip(texts, meanings, strict=False) if to}
        if found:
            values[field] = found
    return Mapped(columns=columns, values=values, history="history" in request.POST)


def _unknown(request: Request, described: RecordType, outcome: Outcome | None) -> list[dict[str, Any]]:
    if outcome is None:
        return []
    return [
        {
            "name": name,
            "label": label(described.model, name),
            "texts": texts.most_common(_MOST_ASKED),
            "options": _choices(request, described, name),
        }
        for name, texts in outcome.unknown.items()
    ]


def _choices(request: Request, described: RecordType, name: str) -> list[tuple[str, str]]:
    from upright.desk.fields import RecordChoiceField
    from upright.desk.forms import form_class

    field = form_class(described)(powers=request.powers).fields[name]
    if isinstance(field, RecordChoiceField):
        return [] if field.queryset is None else [(one.ref, str(one)) for one in field.queryset[:200]]
    return [(value, word) for value, word in options(described, name, request.powers) if value != "(none)"]


def _keep(request: Request, sent: Any) -> str:
    if sent.size > _LARGEST:
        raise InputError(f"The file is larger than {_LARGEST >> 20} MiB; split it.", code="UP-IMPORT-02")
    token = secrets.token_hex(16)
    path = _path(request, token)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in path.parent.iterdir():
        if "-" in old.name and old.stat().st_mtime < time.time() - _DAY:
            old.unlink(missing_ok=True)
    with path.open("wb") as stream:
        for chunk in sent.chunks():
            stream.write(chunk)
    try:
        if not next(iter(read_rows(path)), None):
            raise InputError("The file holds no row.", code="UP-IMPORT-01")
    except InputError:
        path.unlink(missing_ok=True)
        raise
    return token


def _path(request: Request, token: str) -> Path:
    if not _TOKEN.fullmatch(token):
        raise Http404("There is no such file.")
    return home() / "imports" / f"{request.actor.ref.path}-{token}"


def _said(done: Outcome) -> str:
    left = f", {done.refused:,} left out" if done.refused else ""
    return f"{done.added:,} added, {done.changed:,} changed, {done.same:,} the same{left}."
