"""Who holds which role in a rollout: giving a role, inviting somebody new, ending a role."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from phases.exceptions import PermissionRefused, Refused
from phases.permissions import RoleName
from phases.services import end_role, invite_member
from phases.views.base import Crumb, Here, rollout_page
from rollout_portal.console.forms import GiveRoleForm, ReasonForm


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("rollout.view")
def members(request: HttpRequest, here: Here) -> HttpResponse:
    """The people of the rollout by role; administrators give roles here."""
    form = GiveRoleForm(request.POST or None)
    if request.method == "POST":
        if not here.may("role.manage"):
            raise PermissionRefused(here.why_not("role.manage"))
        if form.is_valid():
            try:
                given = invite_member(
                    rollout=here.rollout,
                    email=form.cleaned_data["email"],
                    name=form.cleaned_data["name"],
                    role=RoleName(form.cleaned_data["role"]),
                    by=here.user,
                )
            except Refused as refusal:
                form.add_error(None, refusal.message)
            except ValidationError as error:
                form.add_error("email", error)
            else:
                messages.success(request, _("%s has the role now.") % given)
                return redirect(here.url("console:members"))
    held = list(
        here.rollout.roles.filter(ended_at__isnull=True).select_related("user").order_by("role", "user__name")
    )
    by_role = [(role, [one for one in held if one.role == role]) for role in RoleName]
    vacant = [str(role.label) for role, people in by_role if not people]
    people = len({one.user_id for one in held})
    return here.render(
        "console/members.html",
        title=_("People and roles"),
        by_role=by_role,
        form=form,
        manage=here.may("role.manage"),
        ask=here.why_not("role.manage"),
        sentence=ngettext("%s person works on this rollout.", "%s people work on this rollout.", people)
        % people,
        detail=_("Nobody is: %s.") % ", ".join(vacant).lower() if vacant else "",
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("role.manage")
def end(request: HttpRequest, here: Here, uuid: str) -> HttpResponse:
    """End one role, with what follows from it, and why."""
    role = here.rollout.roles.filter(uuid=uuid, ended_at__isnull=True).select_related("user").first()
    if role is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        end_role(role=role, by=here.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("%s: the role has ended.") % role)
        return redirect(here.url("console:members"))
    return here.render(
        "console/end_role.html",
        title=_("End a role"),
        crumbs=[Crumb(_("People and roles"), here.url("console:members"))],
        role=role,
        form=form,
        consequences=[
            _("%(person)s can no longer do what a %(role)s does here, at once.")
            % {"person": role.user, "role": role.get_role_display().lower()},
            _("Signatures that still wait for their act become stale, if this role signs the gate."),
            _("What was signed and done before stays in the record."),
        ],
        status=422 if form.errors else 200,
    )
