"""What was given to somebody and waits to be accepted: also to be seen by who holds no role yet."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import get_script_prefix
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from upright.kernel import InputError
from upright.records.identity.actions import accept
from upright.records.identity.models import Account, Delegation, RoleAssignment
from upright.records.identity.power import needs_confirmation


@require_http_methods(["GET", "POST"])
def waiting(request: HttpRequest) -> HttpResponse:
    """Lists the roles and delegations of who is logged in that wait; a POST accepts the one it names."""
    account = request.user
    if not isinstance(account, Account):
        raise Http404
    roles = RoleAssignment.objects.filter(person=account.person, ended_at__isnull=True).select_related("unit")
    lent = Delegation.objects.filter(receiver=account.person, ended_at__isnull=True).select_related("unit", "giver")
    mine = [*roles, *lent]
    if request.method == "POST":
        given = next((one for one in mine if one.ref == request.POST.get("ref")), None)
        if given is None:
            raise Http404
        try:
            accept(given, actor=account.actor)
            messages.success(request, gettext("You accepted: %(given)s.") % {"given": given})
        except InputError as why:
            messages.error(request, why.message)
        return redirect("account_waiting")
    shown = [
        {
            "given": one,
            "is_waiting": one.accepted_at is None,
            "is_unconfirmed": needs_confirmation(one) and not one.confirmed_by,
        }
        for one in mine
    ]
    return render(request, "identity/waiting.html", {"shown": shown, "home": get_script_prefix()})
