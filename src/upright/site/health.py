"""Whether the server lives, and whether it can do its work: for load balancers and for people who run it."""

from collections.abc import Callable
from shutil import disk_usage

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from upright.kernel import UprightError
from upright.records.trail.server_log import server_log
from upright.records.work.queries import worker_state

LEAST_FREE = 16 << 20
"""Bytes below which a write may fail at any moment."""


class HealthFirst:
    """Answers both before anything asks who calls: that is a session in the database, which may be what is gone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answers a request."""
        view = {"/healthz": live, "/readyz": ready}.get(request.path_info)
        return self.get_response(request) if view is None else view(request)


@login_not_required
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"upright": 1, "status": "live"})


@login_not_required
def ready(_request: HttpRequest) -> JsonResponse:
    """The database answers, has every table, and its log's newest checkpoint is signed and extends the state head.

    A worker that is dead or behind is told and makes this server no less ready: pages and API answer without it.
    """
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return _not_ready("tables are missing; restart 'upright serve', which makes them")
        server_log().demand_sound()
        worker = worker_state()
    except Error:
        return _not_ready("the database does not answer")
    except UprightError as why:
        return _not_ready(why.code)
    if disk_usage(settings.UPRIGHT_HOME).free < LEAST_FREE:
        return _not_ready("the disk of the server's home is full")
    said = {"status": worker.status, "reactions_waiting": worker.reactions_waiting}
    said |= {"reactions_failed": worker.reactions_failed, "tasks_waiting": worker.tasks_waiting}
    return JsonResponse({"upright": 1, "status": "ready", "worker": said | {"because": worker.because}})


def _not_ready(why: str) -> JsonResponse:
    return JsonResponse({"upright": 1, "status": "not ready", "because": why}, status=503)
