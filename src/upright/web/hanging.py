"""What hangs on a record: comments, attachments, tasks."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from upright.desk.fields import RecordChoiceField
from upright.kernel import InputError
from upright.ledger.leaves import parse_leaf
from upright.records.collaboration import actions
from upright.records.collaboration.blobs import open_blob
from upright.records.collaboration.models import Attachment, Comment, Task
from upright.records.identity.models import Person
from upright.records.identity.power import Powers
from upright.records.trail.models import LedgerEntry
from upright.records.trail.record import Record
from upright.web.linked import pointing
from upright.web.requests import Request, the_record
from upright.web.values import hanging_address

_SHOWN = 50
Hung = TypeVar("Hung", Attachment, Task)


class TaskForm(forms.Form):
    """Something to do about a record."""

    title = forms.CharField(max_length=200, label=gettext_lazy("What is to be done"))
    assignee = RecordChoiceField(Person._base_manager.none(), label=gettext_lazy("By whom"))
    due = forms.DateField(required=False, label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any, powers: Powers) -> None:
        super().__init__(data)
        assignee = self.fields["assignee"]
        if isinstance(assignee, RecordChoiceField):
            assignee.queryset = Person._base_manager.filter(is_active=True)
            assignee.limit(powers)


def hanging(record: Record, request: Request) -> dict[str, Any]:
    """What a record's page shows below its sections."""
    there = pointing(record, request)
    comments: list[Comment] = []
    tasks: list[Task] = []
    files: list[Attachment] = []
    if there.get("comment about to all"):
        comments = list(Comment.objects.filter(about=record.ref).order_by("-pk")[:_SHOWN])
    if there.get("task about to all"):
        found = Task.objects.filter(about=record.ref).select_related("assignee")
        tasks = list(found.order_by("state", "due", "pk")[:_SHOWN])
    if there.get("attachment about to all"):
        files = list(Attachment.objects.filter(about=record.ref).order_by("-pk")[:_SHOWN])
    names, times = _names(one.author for one in comments), _times(one.ref for one in comments)
    return {
        "comments": [(one, names.get(one.author, one.author), times.get(one.ref, "")) for one in comments],
        "tasks": [(one, one.state == Task.State.OPEN and _may_close(one, record, request)) for one in tasks],
        "files": files,
        "task_form": TaskForm(None, request.powers),
        "may_comment": request.powers.may("collaboration.comment.add", record),
        "may_attach": request.powers.may("collaboration.attachment.add", record),
        "may_assign": request.powers.may("collaboration.task.add", record),
    }


@require_POST
def comment(request: Request, ref: str) -> HttpResponse:
    """Adds a comment."""
    _, record = the_record(ref, request)
    text = request.POST.get("text", "")
    return _done(request, ref, lambda: actions.comment(record, text, actor=request.actor, powers=request.powers))


@require_POST
def attach(request: Request, ref: str) -> HttpResponse:
    """Adds a file."""
    _, record = the_record(ref, request)
    sent = request.FILES.get("file")
    if sent is None:
        messages.error(request, "No file was chosen.")
        return redirect(hanging_address(ref))
    return _done(
        request,
        ref,
        lambda: actions.attach(record, sent.name or "", sent.chunks(), actor=request.actor, powers=request.powers),
    )


@require_POST
def assign(request: Request, ref: str) -> HttpResponse:
    """Adds a task."""
    _, record = the_record(ref, request)
    form = TaskForm(request.POST, request.powers)
    if not form.is_valid():
        for name, errors in form.errors.items():
            messages.error(request, f"{form.fields[name].label}: {' '.join(map(str, errors))}")
        return redirect(hanging_address(ref))
    return _done(
        request, ref, lambda: actions.assign(record, actor=request.actor, powers=request.powers, **form.cleaned_data)
    )


@require_POST
def close(request: Request, ref: str) -> HttpResponse:
    """Closes a task."""
    task = _hung(Task.objects.select_related("assignee"), ref, request)
    state = Task.State.DROPPED if request.POST.get("state") == "dropped" else Task.State.DONE
    reason = request.POST.get("reason", "")
    return _done(
        request,
        task.about,
        lambda: actions.close_task(task, actor=request.actor, state=state, reason=reason, powers=request.powers),
    )


def download(request: Request, ref: str) -> HttpResponse:
    """The bytes of an attachment, to save and never to show: whatever they hold, it runs nowhere."""
    attachment = _hung(Attachment.objects.all(), ref, request)
    answer = HttpResponse(open_blob(attachment.sha256), content_type=attachment.media_type)
    answer.headers["Content-Disposition"] = _disposition(attachment.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _hung(rows: QuerySet[Hung], ref: str, request: Request) -> Hung:
    """What hangs on a record that may be read; else it is not there, and on what it hangs is not told."""
    found = rows.filter(ref=ref).first()
    try:
        if found is not None:
            the_record(found.about, request)
            return found
    except Http404:
        pass
    raise Http404(f"There is no {ref}, or you may not read it.")


def _done(request: Request, ref: str, verb: Any) -> HttpResponse:
    try:
        verb()
    except ValidationError as why:
        messages.error(request, " ".join(why.messages))
    except InputError as why:
        messages.error(request, str(why))
    return redirect(hanging_address(ref))


def _may_close(task: Task, record: Record, request: Request) -> bool:
    return task.assignee.ref == str(request.actor) or request.powers.may("collaboration.task.close", record)


def _names(refs: Iterable[str]) -> dict[str, str]:
    return {one.ref: str(one) for one in Person.objects.filter(ref__in=set(refs))}


def _times(refs: Iterable[str]) -> dict[str, str]:
    """When each record was first entered, in one query."""
    rows = LedgerEntry.objects.filter(ref__in=set(refs)).order_by("-index").values_list("ref", "leaf")
    return {ref: parse_leaf(bytes(leaf)).time for ref, leaf in rows}


def _disposition(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
