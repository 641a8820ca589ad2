"""Who may do what with people. Administrators see and do nothing here: they hold no personal data."""

from django.utils.translation import gettext_lazy

from phases.permissions import BUILDERS, OWNERS, RoleName, register

_R = RoleName
_PEOPLE = frozenset({*BUILDERS, _R.PROJECT_SPONSOR, _R.SUPPORT, _R.ANALYST})

register("participant.view", gettext_lazy("Seeing the participants by number"), _PEOPLE)
register("participant.import", gettext_lazy("Importing participants"), [*BUILDERS, _R.SUPPORT])
register("participant.edit", gettext_lazy("Changing a participant"), [*BUILDERS, _R.SUPPORT])
register("person.reveal", gettext_lazy("Seeing a name or an address"), [_R.PRODUCT_OWNER, _R.SUPPORT])
register("person.erase", gettext_lazy("Erasing a person"), [_R.PRODUCT_OWNER, _R.SUPPORT], when_over=True)
register("selection.view", gettext_lazy("Seeing selections"), _PEOPLE)
register("selection.draft", gettext_lazy("Drawing a selection"), [*BUILDERS, _R.SUPPORT])
register(
    "selection.approve",
    gettext_lazy("Approving a selection"),
    OWNERS,
    four_eyes="not who drew it or sent it for approval",
)
register("selection.reallocate", gettext_lazy("Giving open seats to others"), OWNERS)
register("invitation.view", gettext_lazy("Seeing invitations"), _PEOPLE)
register("batch.draft", gettext_lazy("Preparing a batch of invitations"), [*BUILDERS, _R.SUPPORT])
register("batch.approve", gettext_lazy("Approving a batch of invitations"), BUILDERS)
register(
    "batch.hold", gettext_lazy("Holding a batch of invitations"), [*BUILDERS, _R.PROJECT_SPONSOR, _R.SUPPORT]
)
register("batch.resume", gettext_lazy("Resuming a batch of invitations"), BUILDERS)
