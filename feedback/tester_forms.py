"""The form of a tester's report. Every word in this file is shown to testers and translated."""

import uuid
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback import pictures
from feedback.answering import clean
from feedback.services.items import LONGEST_REPORT
from feedback.states import ItemKind

TESTER_KINDS = [
    (ItemKind.BLOCKER, gettext_lazy("I cannot go on")),
    (ItemKind.BUG, gettext_lazy("Something does not work")),
    (ItemKind.USABILITY, gettext_lazy("It is hard to use or to read")),
    (ItemKind.IDEA, gettext_lazy("I have an idea")),
    (ItemKind.QUESTION, gettext_lazy("I have a question")),
]


def _said(**messages: Any) -> dict[str, Any]:
    """Return error messages in our own words: Django's own are not in all languages of testers."""
    return {"required": gettext_lazy("Please fill this in."), **messages}


class CleanField(forms.CharField):
    """A text field that drops what nobody can see, before it is checked."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(clean(str(value)) if value is not None else value))


class ProblemForm(forms.Form):
    """What a tester tells us about a problem."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        choices=TESTER_KINDS,
        widget=forms.RadioSelect,
        error_messages=_said(
            required=gettext_lazy("Please choose one."),
            invalid_choice=gettext_lazy("Please choose one."),
        ),
    )
    text = CleanField(
        label=gettext_lazy("What happened?"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Please write no names, illnesses or medicines."),
        max_length=LONGEST_REPORT,
        error_messages=_said(max_length=gettext_lazy("Please write at most 4,000 characters.")),
    )
    place = CleanField(
        label=gettext_lazy("Where did it happen?"),
        help_text=gettext_lazy("The page, and your phone or computer."),
        required=False,
        max_length=300,
        error_messages=_said(max_length=gettext_lazy("Please write at most 300 characters.")),
    )
    picture = forms.FileField(
        label=gettext_lazy("A picture of it"),
        help_text=gettext_lazy("JPEG or PNG, at most 5 MB."),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
        error_messages=_said(
            empty=gettext_lazy("This picture is damaged. Please send another one."),
            invalid=gettext_lazy("This picture is damaged. Please send another one."),
            max_length=gettext_lazy("This picture is damaged. Please send another one."),
        ),
    )
    may_ask_back = forms.BooleanField(label=gettext_lazy("You may write to me about this."), required=False)
    form_key = CleanField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    def clean_place(self) -> str:
        return " ".join(self.cleaned_data["place"].split())

    def clean_form_key(self) -> uuid.UUID | None:
        try:
            return uuid.UUID(self.cleaned_data["form_key"])
        except ValueError:
            return None

    def clean_picture(self) -> tuple[bytes, str] | None:
        sent: UploadedFile | None = self.cleaned_data["picture"]
        if not sent:
            return None
        if (sent.size or 0) > pictures.LARGEST:
            raise forms.ValidationError(_("This picture is too large: at most 5 MB."))
        try:
            return pictures.cleaned(sent.read())
        except pictures.NotAPicture as error:
            raise forms.ValidationError(str(error)) from error
