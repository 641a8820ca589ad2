"""The forms of staff: judging a report, merging, entering one for a tester, the words of a question."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.languages import html_code, own_name
from feedback.languages import english_name
from feedback.models import Question
from feedback.services.items import LONGEST_REPLY, LONGEST_REPORT
from feedback.services.surveys import LONGEST_QUESTION
from feedback.states import ENTERED, Area, ItemKind, QuestionKind, Severity
from feedback.tester_forms import CleanField

_CHOOSE = ("", gettext_lazy("Choose one"))
_AREAS = [("", gettext_lazy("Not named")), *Area.choices]
_SEVERITIES = [("", gettext_lazy("Not judged yet")), *Severity.choices]


class JudgeForm(forms.Form):
    """How staff judge an item, and what they write."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ItemKind.choices)
    area = forms.ChoiceField(label=gettext_lazy("Area"), choices=_AREAS, required=False)
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=_SEVERITIES, required=False)
    translation = CleanField(
        label=gettext_lazy("In English"),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        max_length=LONGEST_REPORT,
    )
    reason = CleanField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("Needed only when the severity is lowered."),
        required=False,
        max_length=500,
    )
    reply = CleanField(
        label=gettext_lazy("Answer to the tester"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=LONGEST_REPLY,
    )


class EnterForm(forms.Form):
    """What somebody told staff by telephone or mail: who, how, in which words, and how bad it is."""

    tester = CleanField(
        label=gettext_lazy("Tester"),
        help_text=gettext_lazy("The number (T-037), the id in the product, or the whole e-mail address."),
        required=False,
        max_length=320,
    )
    nobody = forms.BooleanField(label=gettext_lazy("Nobody in the register"), required=False)
    origin = forms.ChoiceField(
        label=gettext_lazy("How it reached you"),
        choices=[_CHOOSE, *((origin.value, origin.label) for origin in ENTERED)],
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the words"),
        help_text=gettext_lazy("An answer goes out in it."),
    )
    text = CleanField(
        label=gettext_lazy("What happened, in their words"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("No names, illnesses or medicines."),
        max_length=LONGEST_REPORT,
    )
    place = CleanField(
        label=gettext_lazy("Where it happened"),
        help_text=gettext_lazy("The page, and the phone or computer."),
        required=False,
        max_length=300,
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[_CHOOSE, *ItemKind.choices])
    area = forms.ChoiceField(label=gettext_lazy("Area"), choices=_AREAS, required=False)
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=_SEVERITIES, required=False)
    may_ask_back = forms.BooleanField(
        label=gettext_lazy("They agree to be written to about this."), required=False
    )
    form_key = CleanField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tester"].needed = True  # type: ignore[attr-defined]
        spoken = [(code, english_name(code)) for code in languages]
        self.fields["language"].choices = [_CHOOSE, *spoken]  # type: ignore[attr-defined]

    def clean_place(self) -> str:
        return " ".join(self.cleaned_data["place"].split())

    def clean_form_key(self) -> uuid.UUID | None:
        try:
            return uuid.UUID(self.cleaned_data["form_key"])
        except ValueError:
            return None

    def clean(self) -> dict[str, Any]:
        told = self.cleaned_data
        if "tester" in told and bool(told["tester"]) == told["nobody"]:
            self.add_error(
                "tester",
                _("Either name the tester, or tick “Nobody in the register”.")
                if told["nobody"]
                else _("Name the tester, or tick “Nobody in the register”."),
            )
        return told


class MergeForm(forms.Form):
    """Into which report another one goes."""

    into = CleanField(
        label=gettext_lazy("Merge into"),
        help_text=gettext_lazy("Its number: FB-0398, or 398."),
        max_length=12,
    )
    reason = CleanField(label=gettext_lazy("Why"), required=False, max_length=500)

    def clean_into(self) -> int:
        digits = self.cleaned_data["into"].upper().removeprefix("FB-").strip()
        if not (digits.isascii() and digits.isdigit()):
            raise forms.ValidationError(_("A number is expected here: FB-0398, or 398."))
        return int(digits)


class TextsForm(forms.Form):
    """Every text of a question, in every language of its version; empty ones are missing translations."""

    def __init__(self, data: Any = None, *, question: Question) -> None:
        super().__init__(data)
        self.question = question
        for place, texts in self._places():
            for language in question.version.languages:
                self.fields[f"{place}.{language}"] = CleanField(
                    label=f"{self._name(place)}: {own_name(language)}",
                    initial=texts.get(language, ""),
                    required=False,
                    max_length=LONGEST_QUESTION,
                    widget=forms.Textarea(attrs={"rows": 2, "lang": html_code(language)}),
                )

    def texts(self) -> dict[str, Any]:
        """Return the words as the service takes them."""
        found: dict[str, Any] = {
            place: self._given(place) for place, _texts in self._places() if "." not in place
        }
        if self.question.options:
            found["options"] = [
                {"code": option["code"], "texts": self._given(f"options.{option['code']}")}
                for option in self.question.options
            ]
        return found

    def _places(self) -> list[tuple[str, dict[str, str]]]:
        question = self.question
        places = [("texts", question.texts), ("hints", question.hints)]
        if question.kind == QuestionKind.NPS:
            places += [("low", question.low), ("high", question.high)]
        return places + [(f"options.{option['code']}", option["texts"]) for option in question.options]

    def _name(self, place: str) -> str:
        names = {
            "texts": _("Question"),
            "hints": _("Hint"),
            "low": _("Lowest mark"),
            "high": _("Highest mark"),
        }
        return names.get(place) or _("Option %s") % place.removeprefix("options.")

    def _given(self, place: str) -> dict[str, str]:
        given = {
            language: self.cleaned_data[f"{place}.{language}"].strip()
            for language in self.question.version.languages
        }
        return {language: text for language, text in given.items() if text}
