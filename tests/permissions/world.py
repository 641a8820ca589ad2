"""One world for the walk: two rollouts that have one of everything, and everybody who may come to the door.

Rollout A is what people try to open; every word in it is hostile. Every word in rollout B carries a mark
that no page for somebody of A may show. Both are built once, inside a transaction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin
from django.db.models import Model
from django.test import Client

from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from tests import factories
from tests.factories import PASSWORD, make_member, make_user
from tests.permissions import furnish
from tests.permissions.sides import Side, give


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at the door, as data: `side` is the rollout in which `role` is held."""

    name: str
    side: str = ""
    role: RoleName | None = None
    signed_in: bool = True
    superuser: bool = False
    staff: bool = True

    def __str__(self) -> str:
        return self.name


def _of(side: str) -> list[Identity]:
    return [Identity(f"{role.value} of {side}", side, role) for role in RoleName]


ANONYMOUS: Final = Identity("anonymous", signed_in=False)
# An account that was switched off while its session was open; it holds a role in A.
INACTIVE: Final = Identity("switched off", signed_in=False)
NOBODY: Final = Identity("signed in without a role")
SUPERUSER: Final = Identity("superuser without a role", superuser=True)
# A product owner of A whose account may not open the console's raw tables.
NOT_STAFF: Final = Identity("not staff", "A", RoleName.PRODUCT_OWNER, staff=False)
OF_A: Final = tuple(_of("A"))
OF_B: Final = tuple(_of("B"))
EVERYBODY: Final = (ANONYMOUS, INACTIVE, NOBODY, SUPERUSER, *OF_A, *OF_B)


@dataclass
class World:
    """Both rollouts, everybody's open session, and which rows of which table belong to whom.

    :ivar rows: by model and side; the side "" is the installation.
    :ivar clients: a browser by the name of the identity.
    :ivar secrets: API tokens by what they are.
    :ivar links: tokens of personal links by side, and by what they are.
    """

    a: Side
    b: Side
    users: dict[str, User]
    rows: dict[type[Model], dict[str, frozenset[Any]]]
    clients: dict[str, Client]
    secrets: dict[str, str]
    links: dict[str, dict[str, str]]

    def client(self, who: Identity) -> Client:
        return self.clients[who.name]


def build() -> World:
    """Build the world at the business moment of the caller."""
    users = {
        NOBODY.name: make_user("Nobody In Particular"),
        SUPERUSER.name: make_user("Root", is_superuser=True),
    }
    registered = list(admin.site._registry)
    furnish.installation()
    before = _rows(registered)
    users |= {
        INACTIVE.name: make_user("Gone Away"),
        NOT_STAFF.name: make_user("Door Closed", is_staff=False),
    }
    a = _side("A", {users[INACTIVE.name]: RoleName.SUPPORT, users[NOT_STAFF.name]: RoleName.PRODUCT_OWNER})
    secrets = furnish.secrets(a)
    between = _rows(registered)
    b = _side("B")
    secrets |= furnish.secrets(b)
    after = _rows(registered)
    for side in (a, b):
        users |= {f"{role.value} of {side.name}": user for role, user in side.staff.items()}
    rows = {
        model: {"": before[model], "A": between[model] - before[model], "B": after[model] - between[model]}
        for model in registered
    }
    clients = {who.name: _session(users.get(who.name)) for who in (*EVERYBODY, NOT_STAFF)}
    links = {side.name: furnish.links(side) for side in (a, b)}
    # Switched off after the session began: the session must stop to open anything.
    User.objects.filter(pk=users[INACTIVE.name].pk).update(is_active=False)
    return World(a, b, users, rows, clients, secrets, links)


def _rows(models: Iterable[type[Model]]) -> dict[type[Model], frozenset[Any]]:
    return {model: frozenset(model._base_manager.values_list("pk", flat=True)) for model in models}


def _session(user: User | None) -> Client:
    """A browser in which `user` has just signed in by password; anonymous without one."""
    client = Client()
    if user is not None:
        answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        assert answer.status_code == 302, f"{user.email} cannot sign in"
    return client


def _side(name: str, more: Mapping[User, RoleName] | None = None) -> Side:
    rollout = factories.make_rollout(slug=f"rollout-{name.lower()}", languages=["en", "ms", "zh-hans", "ta"])
    side = Side(name, rollout)
    rollout.name = side.words("Rollout")
    rollout.product = side.words("Product")
    rollout.overview = side.words("Overview")
    rollout.save()
    side.staff = {
        role: make_member(rollout, role, side.words(str(role.label)), email=f"{role}@{name.lower()}.example")
        for role in RoleName
    }
    for user, held in (more or {}).items():
        give(rollout, user, held)
    furnish.everything(side)
    return side
