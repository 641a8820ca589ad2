"""API tokens of a rollout: making one, whose secret is shown once, and ending one."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from monitoring.forms import ReasonForm, TokenForm
from phases.exceptions import PermissionRefused, Refused
from phases.models import ApiToken
from phases.tokens import NewToken, create_token, revoke_token, scopes
from phases.views.base import Crumb, Here, rollout_page


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("token.manage")
def tokens(request: HttpRequest, here: Here) -> HttpResponse:
    """The tokens of the rollout, and a form for a new one.

    The answer to making one shows its secret; nothing keeps it, so a reload cannot show it again.
    """
    form = TokenForm(request.POST or None)
    made: NewToken | None = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = create_token(
                rollout=here.rollout,
                name=data["name"],
                scopes=data["scopes"],
                life=data["life"],
                by=here.user,
            )
        except PermissionRefused:
            raise
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            form = TokenForm()
    held = list(ApiToken.objects.filter(rollout=here.rollout).select_related("created_by", "revoked_by"))
    live = [token for token in held if token.is_live(here.now)]
    response = here.render(
        "monitoring/tokens.html",
        title=_("API tokens"),
        form=form,
        made=made,
        rows=[
            {
                "token": token,
                "may": ", ".join(str(scopes().get(scope, scope)) for scope in token.scopes),
                "live": token in live,
            }
            for token in held
        ],
        sentence=ngettext("%d token opens this rollout.", "%d tokens open this rollout.", len(live))
        % len(live)
        if live
        else _("No program can send or read anything here."),
        docs=f"{settings.BASE_URL}/api/v1/docs",
        status=422 if form.errors else 200,
    )
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("token.manage")
def revoke(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """End a token at once."""
    token = ApiToken.objects.filter(rollout=here.rollout, uuid=uuid, revoked_at__isnull=True).first()
    if token is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        revoke_token(token=token, by=here.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The token “%s” opens nothing any more.") % token)
        return redirect(here.url("monitoring:tokens"))
    return here.render(
        "monitoring/revoke_token.html",
        title=_("Revoke a token"),
        crumbs=[Crumb(_("API tokens"), here.url("monitoring:tokens"))],
        token=token,
        form=form,
        consequences=[
            _("The program that uses “%s” is refused from now on.") % token,
            _("What it sent stays as it is."),
            _("This cannot be undone; make a new token instead."),
        ],
        status=422 if form.errors else 200,
    )
