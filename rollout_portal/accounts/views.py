"""Joining by invitation. Opening the link changes nothing; only the pressed button does."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from rollout_portal.accounts import services
from rollout_portal.accounts.forms import ChoosePasswordForm

COOKIE = "portal_invitation"
PATH = "/accounts/join/"


@never_cache
@require_safe
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the token in a cookie of this path only, and go on at an address without it."""
    response = redirect("accounts:join")
    response.set_cookie(
        COOKIE, token, max_age=1800, path=PATH, httponly=True, samesite="Lax", secure=request.is_secure()
    )
    return response


@never_cache
def no_other_address(request: HttpRequest) -> HttpResponse:
    """Stand before allauth's page for addresses: roles are given to an address, so nobody takes one."""
    refusal = _("Your address is your login. For another one, ask to be invited to it.")
    return render(request, "403.html", {"refusal": refusal}, status=403)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Show the form to the invited person; on POST set the password and sign in."""
    token = request.COOKIES.get(COOKIE, "")
    invitation = services.find_invitation(token)
    if invitation is None:
        return render(request, "accounts/link_over.html", status=404)
    form = ChoosePasswordForm(request.POST or None, user=invitation.user)
    if request.method == "POST" and form.is_valid():
        user = services.accept_invitation(token=token, password=form.cleaned_data["password"])
        if user is None:
            return render(request, "accounts/link_over.html", status=404)
        login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
        response = HttpResponseRedirect("/console/")
        response.delete_cookie(COOKIE, path=PATH)
        return response
    return render(request, "accounts/join.html", {"form": form, "invited": invitation.user})
