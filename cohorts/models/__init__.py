"""The models of the room, by subject."""

from cohorts.models.imports import ParticipantImport
from cohorts.models.invitations import Batch, Invitation, PersonalLink
from cohorts.models.people import (
    AttributeDefinition,
    ConsentEvent,
    ConsentText,
    Participant,
    Person,
    Register,
    Standing,
)
from cohorts.models.selections import Membership, Place, Quota, Selection, SelectionRule

__all__ = [
    "AttributeDefinition",
    "Batch",
    "ConsentEvent",
    "ConsentText",
    "Invitation",
    "Membership",
    "Participant",
    "ParticipantImport",
    "Person",
    "PersonalLink",
    "Place",
    "Quota",
    "Register",
    "Selection",
    "SelectionRule",
    "Standing",
]
