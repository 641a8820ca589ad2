"""People, their part in a rollout, what is known about them, and what they agreed to."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Subquery, When
from django.utils.translation import gettext_lazy as _

from cohorts.models.imports import ParticipantImport
from cohorts.states import GONE, IN, AttributeType, ConsentChange, How, ParticipantState, Purpose
from phases.models import Phase, PlanItem, Rollout
from rollout_portal.lib import clock

ERASED_KEY = "sha256:"
"""What a selection key begins with after erasure; the rest is the digest of the old key."""


class Person(models.Model):
    """Somebody we can write to. One row for all rollouts; only erasure removes what is known.

    `email_digest` compares addresses without case and with ASCII domains (outbox.addresses). It outlives
    erasure, so that nobody who asked to be forgotten is added again by an old list.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.CharField(_("e-mail address"), max_length=254, blank=True)
    email_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(email="", name=""),
                name="cohorts_person_erased_is_nameless",
            ),
            models.CheckConstraint(
                condition=Q(email="") | Q(email_digest__isnull=False),
                name="cohorts_person_address_can_be_found",
            ),
        ]

    def __str__(self) -> str:
        # Never the name: this text reaches logs and the record.
        return f"person {str(self.uuid)[:8]}"


class Register(models.Model):
    """The list of the people of one rollout; locked while numbers are given out."""

    rollout = models.OneToOneField(Rollout, on_delete=models.PROTECT, related_name="register")
    last_number = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("register")
        verbose_name_plural = _("registers")

    def __str__(self) -> str:
        return f"{self.rollout} up to {self.last_number}"


class ParticipantQuerySet(models.QuerySet["Participant"]):
    """People of a rollout by the questions that are asked about them."""

    def drawable(self) -> Self:
        """Return who can get a new seat: in the register, not opted out, never one who left or said no."""
        return self.filter(state=ParticipantState.REGISTERED, opted_out_at__isnull=True)

    def taking_part(self) -> Self:
        """Return who accepted or is active."""
        return self.filter(state__in=IN)

    def reachable(self) -> Self:
        """Return who may be written to about the test."""
        return self.filter(opted_out_at__isnull=True).exclude(state__in=GONE).exclude(person__email="")

    def in_at(self, as_of: datetime) -> Self:
        """Return who took part at the moment `as_of`, with `state_then` and since when, `since_then`."""
        then = Standing.objects.filter(participant=OuterRef("pk"), since__lte=as_of, until__gt=as_of)
        unchanged = Q(state_at__lte=as_of)
        return self.annotate(
            state_then=Case(When(unchanged, then="state"), default=Subquery(then.values("state")[:1])),
            since_then=Case(When(unchanged, then="state_at"), default=Subquery(then.values("since")[:1])),
        ).filter(state_then__in=IN)

    def was_in_by(self, as_of: datetime) -> Self:
        """Return who had taken part by `as_of`, be it that they left since."""
        before = Standing.objects.filter(participant=OuterRef("pk"), since__lte=as_of)
        return self.filter(Q(state__in=IN, state_at__lte=as_of) | Exists(before))

    def in_phase(self, phase: Phase) -> Self:
        """Return who has a seat in `phase` now."""
        return self.filter(memberships__phase=phase, memberships__ended_at__isnull=True)


class Participant(models.Model):
    """A person's part in one rollout, called by number: T-037.

    `selection_key` decides the place in every draw: the external id, else the address in its one
    spelling, as it was when the person came in. It never changes, so that a draw can be repeated.
    `opted_out_at` follows the consent ledger and is written by it only.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="participants")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="participants")
    number = models.PositiveIntegerField(_("number"))
    external_id = models.CharField(_("id in the product"), max_length=120, blank=True)
    selection_key = models.CharField(max_length=320, editable=False)
    attributes = models.JSONField(_("attributes"), default=dict)
    source = models.CharField(_("came from"), max_length=120, blank=True)
    came_by = models.ForeignKey(
        ParticipantImport,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="participants",
        verbose_name=_("came in by"),
    )
    state = models.CharField(
        _("state"), max_length=12, choices=ParticipantState.choices, default=ParticipantState.REGISTERED
    )
    state_at = models.DateTimeField(_("since"), default=clock.now)
    left_because = models.TextField(_("left because"), blank=True)
    opted_out_at = models.DateTimeField(_("opted out"), null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects: ClassVar[ParticipantQuerySet] = ParticipantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["rollout", "person"], name="cohorts_participant_person_once"),
            models.UniqueConstraint(fields=["rollout", "number"], name="cohorts_participant_number_once"),
            models.UniqueConstraint(fields=["rollout", "selection_key"], name="cohorts_participant_key_once"),
            models.UniqueConstraint(
                fields=["rollout", "external_id"],
                condition=~Q(external_id=""),
                name="cohorts_participant_external_id_once",
            ),
            models.CheckConstraint(condition=~Q(selection_key=""), name="cohorts_participant_has_a_key"),
            models.CheckConstraint(
                condition=Q(state__in=ParticipantState.values), name="cohorts_participant_state_known"
            ),
        ]
        indexes = [models.Index(fields=["rollout", "state"], name="cohorts_participant_state")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What the person is called wherever a name is not needed."""
        return f"T-{self.number:03d}"

    @property
    def is_drawable(self) -> bool:
        """Whether the person can get a new seat: what `drawable()` asks of many."""
        return self.state == ParticipantState.REGISTERED and self.opted_out_at is None


class Standing(models.Model):
    """How a person took part before her present state: since when, until when. Only ever added to.

    Figures as of a past moment rest on it; `services.people.move()` writes it.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="standings")
    state = models.CharField(_("state"), max_length=10, choices=ParticipantState.choices)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("earlier standing")
        verbose_name_plural = _("earlier standings")
        ordering = ["participant", "since", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=sorted(IN)), name="cohorts_standing_took_part"),
        ]
        indexes = [models.Index(fields=["participant", "since"], name="cohorts_standing_by_person")]

    def __str__(self) -> str:
        return f"{self.participant}: {self.get_state_display()}"


class AttributeDefinition(PlanItem):
    """A fact about people that the rollout uses, with its type.

    `choices` lists the allowed values of a choice: `{"value": "low", "label": "Low"}`. A sensitive one
    is shown to those who may see names. `texts` maps a language to what testers read for `label`; a choice
    has its own `texts` where its values have names.
    """

    label = models.CharField(_("label"), max_length=100)
    texts = models.JSONField(_("texts"), default=dict, blank=True)
    type = models.CharField(_("type"), max_length=8, choices=AttributeType.choices)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    sensitive = models.BooleanField(_("sensitive"), default=False)

    class Meta(PlanItem.Meta):
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")

    def __str__(self) -> str:
        return self.label


class ConsentText(PlanItem):
    """What people are asked to agree to, in their languages. A new wording is a new version.

    `texts` maps a language to the sentence beside the box; a required one stands above the button.
    """

    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    required = models.BooleanField(_("needed to take part"), default=False)
    texts = models.JSONField(_("texts"), default=dict)

    class Meta(PlanItem.Meta):
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.version}"


class ConsentEventQuerySet(models.QuerySet["ConsentEvent"]):
    def newest(self) -> Self:
        """Return the line that counts, for each person and purpose."""
        later = self.model._default_manager.filter(
            Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")),
            participant=OuterRef("participant"),
            purpose=OuterRef("purpose"),
        )
        return self.filter(~Exists(later))

    def in_force(self) -> Self:
        """Return the consents that are given and were not taken back."""
        return self.newest().filter(change=ConsentChange.GIVEN)


class ConsentEvent(models.Model):
    """One line of the ledger: who agreed to what, or took it back, when and how. Only ever added to."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    change = models.CharField(_("what"), max_length=9, choices=ConsentChange.choices)
    wording = models.CharField(
        _("text"),
        max_length=200,
        blank=True,
        help_text=_("Code and version of the text, or the text itself."),
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    how = models.CharField(_("how"), max_length=9, choices=How.choices)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written down by"),
        help_text=_("Empty when the person did it."),
    )

    objects: ClassVar[ConsentEventQuerySet] = ConsentEventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values, change__in=ConsentChange.values),
                name="cohorts_consentevent_words_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.get_change_display()}"
