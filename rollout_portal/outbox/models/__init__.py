"""The tables of the outbox."""

from rollout_portal.outbox.models.channels import Channel, QuietHours, SendCap, Suppression
from rollout_portal.outbox.models.messages import DeliveryEvent, Lane, Message
from rollout_portal.outbox.models.templates import MessageTemplate, TemplateText, TemplateVersion

__all__ = [
    "Channel",
    "DeliveryEvent",
    "Lane",
    "Message",
    "MessageTemplate",
    "QuietHours",
    "SendCap",
    "Suppression",
    "TemplateText",
    "TemplateVersion",
]
