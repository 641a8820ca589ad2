"""The forms of this room. Every rule is that of the services; a form only says it at the field."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter, ValidationError

from monitoring import intake, services
from monitoring.exceptions import ItemProblem
from monitoring.models import Metric, Reading
from phases import tokens
from phases.documents.schema import Length, RuleText, length_text
from rollout_portal.lib.dates import validate_day
from rollout_portal.lib.decimals import UNITS
from rollout_portal.lib.digests import decimal_text


class NumberField(forms.CharField):
    """An exact number, as it is typed."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return intake.decimal_of(text)
        except intake.Wrong as wrong:
            raise forms.ValidationError(it(str(wrong))) from None


def it(problem: str) -> str:
    """Turn what is wrong with a field into a sentence at the field."""
    return _("It %(problem)s.") % {"problem": problem}


class PlanTextField(forms.CharField):
    """A value in the words of a plan file: a rule such as “under 0.5 %”, a length such as 15m."""

    def __init__(self, kind: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self._adapter.validate_python(text)
        except ValidationError as refusal:
            words = refusal.errors()[0]["msg"].removeprefix("Value error, ")
            raise forms.ValidationError(words) from None


class ReadingForm(forms.Form):
    """One reading by hand; the time is that of the rollout."""

    value = NumberField(label=gettext_lazy("Value"))
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), required=False)
    at = forms.DateTimeField(
        label=gettext_lazy("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[validate_day],
    )
    n = forms.IntegerField(label=gettext_lazy("From so many"), required=False, min_value=0)
    source = forms.CharField(
        label=gettext_lazy("Source"),
        required=False,
        max_length=intake.LONGEST_SOURCE,
        help_text=gettext_lazy("Where you read it: a dashboard, a report."),
    )

    def __init__(self, metric: Metric, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.metric = metric
        self.fields["at"].help_text = _("In the rollout’s time zone, %(zone)s.") % {
            "zone": metric.rollout.time_zone
        }
        if metric.noun:
            self.fields["n"].help_text = _("How many %(noun)s it rests on.") % {"noun": metric.noun}
        fitting = [name for name, unit in UNITS.items() if unit.dimension == UNITS[metric.unit].dimension]
        if metric.unit and len(fitting) > 1:
            self.fields["unit"].choices = [(name, name) for name in fitting if name]  # type: ignore[attr-defined]
            self.initial.setdefault("unit", metric.unit)
        else:
            del self.fields["unit"]
        if metric.unit:
            self.fields["value"].label = _("Value in %(unit)s") % {"unit": metric.unit}
        if "unit" in self.fields:
            self.fields["value"].label = _("Value")

    def add_problems(self, problems: list[ItemProblem]) -> None:
        """Show what the service refused at the fields it is about."""
        for problem in problems:
            field = problem.field if problem.field in self.fields else None
            self.add_error(field, it(problem.message))


class CorrectionForm(forms.Form):
    """What a reading should have been, and why it was wrong."""

    value = NumberField(label=gettext_lazy("It should be"), required=False)
    n = forms.IntegerField(label=gettext_lazy("From so many"), required=False, min_value=0)
    take_back = forms.BooleanField(
        label=gettext_lazy("It should not be there at all: take it back"), required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Why was it wrong?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=300
    )

    def __init__(self, reading: Reading, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if reading.value is not None:
            self.initial.setdefault("value", decimal_text(reading.value))
        self.initial.setdefault("n", reading.n)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("take_back") and data.get("value") is None and "value" not in self.errors:
            self.add_error("value", _("Give the right value, or take the reading back."))
        return data


class TargetForm(forms.Form):
    """What a metric should be in a phase, and what is alarming."""

    holds = PlanTextField(
        RuleText,
        label=gettext_lazy("What should hold"),
        required=False,
        help_text=gettext_lazy("Such as: under 0.5 %, at least 30 %, between 3 and 5 min."),
    )
    alert = PlanTextField(
        RuleText,
        label=gettext_lazy("What is alarming"),
        required=False,
        help_text=gettext_lazy("Such as: above 1 %. Between the two the light is “Not met”."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=300
    )


class MetricForm(forms.ModelForm):
    """What is said about a metric; code, unit and kind stay."""

    cadence = PlanTextField(
        Length,
        label=gettext_lazy("Read every"),
        required=False,
        help_text=gettext_lazy("Such as: 5m, 1h, 1d."),
    )
    max_age = PlanTextField(
        Length,
        label=gettext_lazy("Too old after"),
        required=False,
        help_text=gettext_lazy("From this age on the metric is stale. Such as: 15m, 1d."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=300
    )

    class Meta:
        model = Metric
        fields = services.EDITABLE

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("cadence", "max_age"):
            length = self.initial.get(name)
            self.initial[name] = length_text(length) if length else ""

    def changes(self) -> dict[str, Any]:
        """Return what was typed, by the name of the column."""
        return {name: self.cleaned_data[name] for name in services.EDITABLE}


class TokenForm(forms.Form):
    """A new token: which program, what for, how long."""

    name = forms.CharField(
        label=gettext_lazy("Which program uses it?"),
        max_length=80,
        help_text=gettext_lazy("For instance: Datadog, production."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it do?"), widget=forms.CheckboxSelectMultiple
    )
    life = forms.TypedChoiceField(
        label=gettext_lazy("How long?"),
        choices=[
            (30, gettext_lazy("30 days")),
            (90, gettext_lazy("90 days")),
            (365, gettext_lazy("a year")),
        ],
        coerce=lambda days: timedelta(days=int(days)),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = list(tokens.scopes().items())  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why something is ended."""

    reason = forms.CharField(
        label=gettext_lazy("Why?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=300
    )
