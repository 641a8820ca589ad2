"""Forms of the console's own pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from phases.permissions import RoleName
from rollout_portal.lib.dates import validate_day


class GiveRoleForm(forms.Form):
    """Who gets which role; somebody new is invited by mail."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    name = forms.CharField(
        label=_("Name"), max_length=150, help_text=_("As it will be typed under signatures.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Choose…")), *RoleName.choices])


class BeginForm(forms.Form):
    """When a rollout begins."""

    anchor = forms.DateField(
        label=_("First day of plan week 1"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[validate_day],
        help_text=_("Every week of the plan counts from this day, whatever weekday it is."),
    )


class ReasonForm(forms.Form):
    """Why something is ended."""

    reason = forms.CharField(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
