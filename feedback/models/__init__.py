"""The models of the room, by subject."""

from feedback.models.answers import Answer, Response, Submission, SurveyLink, SurveyRequest
from feedback.models.items import (
    Comment,
    FeedbackItem,
    FeedbackItemTransition,
    ItemCounter,
    PriorityRule,
    Reply,
)
from feedback.models.surveys import Occasion, Question, Survey, SurveyVersion

__all__ = [
    "Answer",
    "Comment",
    "FeedbackItem",
    "FeedbackItemTransition",
    "ItemCounter",
    "Occasion",
    "PriorityRule",
    "Question",
    "Reply",
    "Response",
    "Submission",
    "Survey",
    "SurveyLink",
    "SurveyRequest",
    "SurveyVersion",
]
