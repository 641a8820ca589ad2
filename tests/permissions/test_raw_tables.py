"""The raw tables under /console/data/: rows of one's own rollouts, nothing to change, no odd question."""

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import ForeignKey, Model
from django.urls import reverse

from phases import permissions
from phases.admin import LookOnly
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from tests.permissions import routes as table
from tests.permissions.routes import Table
from tests.permissions.sides import HOSTILE, PERSONAL
from tests.permissions.walking import Answer, ask, may_at_home, unpainted, wrong_on_paper
from tests.permissions.world import EVERYBODY, NOBODY, NOT_STAFF, OF_A, SUPERUSER, Identity, World

pytestmark = pytest.mark.django_db

IDENTITIES = (*EVERYBODY, NOT_STAFF)
everybody = pytest.mark.parametrize("who", IDENTITIES, ids=str)
# The roles of A from the one that opens least to the one that opens most.
SEES_LEAST = (OF_A[6], OF_A[5], OF_A[3], OF_A[2], OF_A[4], OF_A[0], OF_A[1], SUPERUSER)
SEES_MOST = (OF_A[1], OF_A[4], OF_A[0], SUPERUSER)
INDEX = "/console/data/"
OTHER_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS")


def visible(who: Identity, model: type[Model], row: Table, world: World) -> frozenset[Any]:
    """Which rows the permission table lets `who` see."""
    if not who.signed_in or not who.staff:
        return frozenset()
    rows = world.rows[model]
    act = permissions.acts().get(row.act)
    seen: set[Any] = set()
    if who.superuser:
        seen |= rows[""] if row.installation else set()
        seen |= rows["A"] | rows["B"] if act is not None and act.administration else set()
        seen |= rows["A"] | rows["B"] if act is None else set()
    elif act is not None and may_at_home(who, row.act):
        seen |= rows[who.side]
    return frozenset(seen)


def comes_in(who: Identity, model: type[Model], row: Table, world: World) -> bool:
    return bool(visible(who, model, row, world)) or (who.superuser and row.installation)


def page(model: type[Model], name: str, *args: Any) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


def shut(who: Identity, answer: Answer) -> bool:
    """Whether the door stayed shut: the login page for strangers, else a refusal."""
    if not who.signed_in or not who.staff:
        return answer.status == 302 and answer.location.startswith(f"{INDEX}login/")
    return answer.status == 403


def listed(answer: Answer) -> frozenset[Any]:
    changes = answer.response.context_data["cl"]  # type: ignore[union-attr]
    return frozenset(row.pk for row in changes.result_list)


def test_there_is_a_row_of_everything_in_both_rollouts_or_in_the_installation(world: World) -> None:
    """Else a table that shows too much would look right."""
    for model, row in table.TABLES.items():
        rows = world.rows[model]
        found = rows[""] if row.installation and not row.act else rows["A"] and rows["B"]
        assert found, f"the world has no {model._meta.verbose_name}"


@everybody
def test_lists_and_objects_are_those_of_the_readers_rollouts(world: World, who: Identity) -> None:
    wrong, client = [], world.client(who)
    with unpainted():
        for number, (model, row) in enumerate(table.TABLES.items()):
            mine = visible(who, model, row, world)
            answer = ask(client, "GET", page(model, "changelist"))
            if comes_in(who, model, row, world):
                right = answer.status == 200 and listed(answer) == mine
            else:
                right = shut(who, answer)
            if not right or answer.wrote:
                wrong.append(f"{model.__name__} list: {answer.said}")
            # As it is, and its history: everybody asks for one of them, so that together they ask for both.
            name = ("change", "history")[(number + IDENTITIES.index(who)) % 2]
            others = frozenset().union(*world.rows[model].values()) - mine
            for pk in [*sorted(mine)[:1], *(sorted(others)[:1] or [10**20])]:
                answer = ask(client, "GET", page(model, name, pk))
                gone = (answer.status, answer.location) == (302, INDEX)
                if pk in mine:
                    right = answer.status == 200
                elif comes_in(who, model, row, world):
                    right = gone
                else:
                    right = shut(who, answer) or (gone and name == "history" and who.signed_in)
                if not right or answer.wrote:
                    wrong.append(f"{model.__name__} {name} {pk}: {answer.said}")
    assert wrong == []


def test_every_table_is_one_to_look_at() -> None:
    for model, model_admin in admin.site._registry.items():
        assert isinstance(model_admin, LookOnly), model
        assert model_admin.actions is None, model
        assert all(issubclass(inline, LookOnly) for inline in model_admin.inlines), model


@everybody
def test_nothing_is_added_changed_or_deleted(world: World, who: Identity) -> None:
    """Everybody tries one way in at each table; together they try all of them at all tables."""
    wrong, client = [], world.client(who)
    with unpainted():
        for number, (model, row) in enumerate(table.TABLES.items()):
            mine = sorted(visible(who, model, row, world))[:1]
            pk = (mine or sorted(frozenset().union(*world.rows[model].values())))[0]
            acting = {"action": "delete_selected", "_selected_action": str(pk), "post": "yes"}
            ways: list[tuple[str, str, tuple[Any, ...], Any]] = [
                ("POST", "add", (), {"name": "New"}),
                ("POST", "delete", (pk,), {"post": "yes"}),
                ("POST", "change", (pk,), {"name": "Other", "state": "active", "is_active": ""}),
                ("POST", "changelist", (), acting),
                ("GET", "add", (), None),
                ("GET", "delete", (pk,), None),
            ]
            method, name, args, data = ways[(number + IDENTITIES.index(who)) % len(ways)]
            url = page(model, name, *args)
            answer = ask(client, method, url, data)
            acts = name == "changelist" or (name == "change" and may_switch(who, model, pk, world))
            if acts and comes_in(who, model, row, world):
                right = answer.status in {200, 302}
            else:
                right = shut(who, answer)
            if not right or answer.wrote:
                wrong.append(f"{method} {url}: {answer.said}")
    assert wrong == []


def may_switch(who: Identity, model: type[Model], pk: Any, world: World) -> bool:
    """The one thing that is changed here: a superuser switches somebody else's account off."""
    return who.superuser and model is User and pk != world.users[who.name].pk


@everybody
def test_other_methods_are_no_way_in(world: World, who: Identity) -> None:
    wrong = []
    with unpainted():
        for number, model in enumerate(table.TABLES):
            url, method = page(model, "changelist"), OTHER_METHODS[number % len(OTHER_METHODS)]
            answer = ask(world.client(who), method, url)
            if not (answer.status == 405 or shut(who, answer)) or answer.wrote:
                wrong.append(f"{method} {url}: {answer.said}")
    assert wrong == []


@pytest.mark.parametrize("order", [SEES_LEAST, SEES_MOST], ids=["who sees least", "who sees most"])
def test_the_tables_show_letters_never_code_and_nobody_elses_words(
    world: World, order: Sequence[Identity]
) -> None:
    """Not even a tester's name: whoever may see it asks on the person's page, where the look is recorded."""
    wrong = []
    for number, (model, row) in enumerate(table.TABLES.items()):
        who = next(one for one in order if comes_in(one, model, row, world))
        mine = sorted(visible(who, model, row, world))[:1]
        urls = [page(model, ("change", "history")[number % 7 == 0], *mine)] if mine else []
        for url in [f"{page(model, 'changelist')}?q=", *urls]:
            answer = ask(world.client(who), "GET", url)
            said = wrong_on_paper(who, world.a, answer)
            if PERSONAL in answer.text:
                said = "it shows a name"
            if said or answer.status != 200 or answer.wrote:
                wrong.append(f"GET {url} as {who}: {answer.said}; {said}")
    assert wrong == []


@everybody
def test_autocomplete_offers_only_rows_that_the_reader_may_see(world: World, who: Identity) -> None:
    wrong = []
    for offered, column in columns_by_what_they_offer().items():
        asked = {
            "app_label": column.model._meta.app_label,
            "model_name": column.model._meta.model_name,
            "field_name": column.name,
            "term": "",
        }
        answer = ask(world.client(who), "GET", "/console/data/autocomplete/", asked)
        row = table.TABLES.get(offered)
        if answer.status == 200 and row is not None:
            found = answer.response.json()["results"]  # type: ignore[union-attr]
            right = {int(one["id"]) for one in found} <= visible(who, offered, row, world)
        else:
            right = shut(who, answer) or answer.status == 404
        if not right or answer.wrote:
            wrong.append(f"{column}: {answer.said}")
    assert wrong == []


def columns_by_what_they_offer() -> dict[type[Model], Any]:
    """One column for each table that a column of some table points to."""
    columns = [column for model in table.TABLES for column in model._meta.get_fields()]
    return {
        column.remote_field.model: column for column in reversed(columns) if isinstance(column, ForeignKey)
    }


STRANGE = (
    "q=" + "(" * 300, "p=99999999999999999999", "p=abc&o=99.-99.x&all=&_popup=1", "_to_field=password",
    "id__regex=((a", "rollout__id=1", "phase__rollout__name__regex=((a", "user__password__startswith=a",
    "person__email__startswith=p", "digest__startswith=a", "at__year=9999", "state__exact=%00",
    "state__isnull=x", "needs=x&kind__exact=' OR 1=1--&is_active__exact=x",
)  # fmt: skip


def test_strange_questions_to_a_table_are_refused_and_break_nothing(world: World) -> None:
    """Above all: what a page does not show cannot be asked for letter by letter."""
    wrong = []
    with unpainted():
        for model, row in table.TABLES.items():
            who = next(one for one in (OF_A[1], SUPERUSER, *OF_A) if comes_in(one, model, row, world))
            for question in STRANGE:
                answer = ask(world.client(who), "GET", f"{page(model, 'changelist')}?{question}")
                looks = "__" in question and not question.startswith(_offered(model))
                fits = {400} if looks else {200, 302, 400}
                if answer.status not in fits or answer.wrote:
                    wrong.append(f"{model.__name__}?{question[:40]}: {answer.said}")
    assert wrong == []


# What a list offers to ask for; the order of its columns is the theme's own.
OFFERED = re.compile(r'href="(\?(?!o=)[^"]+)"')


def test_every_filter_that_a_table_offers_is_answered(world: World) -> None:
    wrong = []
    for model, row in table.TABLES.items():
        who = next(one for one in (OF_A[1], SUPERUSER, *OF_A) if comes_in(one, model, row, world))
        url = page(model, "changelist")
        offered = OFFERED.findall(world.client(who).get(url).content.decode())
        by_name = {one.partition("=")[0]: unescape(one) for one in offered}
        with unpainted():
            for question in by_name.values():
                answer = ask(world.client(who), "GET", url + question)
                if answer.status != 200:
                    wrong.append(f"{model.__name__}{question}: {answer.said}")
    assert wrong == []


def _offered(model: type[Model]) -> tuple[str, ...]:
    filters = admin.site._registry[model].list_filter
    return tuple(
        f"{name}__{how}=" for name in filters if isinstance(name, str) for how in ("exact", "isnull")
    )


@everybody
def test_what_stands_beside_the_tables_opens_for_the_console_s_people(world: World, who: Identity) -> None:
    wrong = []
    for name, opened in table.DATA.items():
        urls = _beside(name)
        for url in urls:
            answer = ask(world.client(who), "GET", url)
            if not who.signed_in or not who.staff:
                right = shut(who, answer) or name in {"admin:login", "admin:logout"}
            elif name == "admin:login":
                right = answer.status == 403
            elif name == "admin:app_list":
                right = answer.status == (200 if _has_app(who, url, world) else 404)
            else:
                right = answer.status == opened
            said = wrong_on_paper(who, world.a, answer)
            if not right or said or answer.wrote:
                wrong.append(f"GET {url}: {answer.said}; {said}")
    assert wrong == []


def _beside(name: str) -> list[str]:
    if name == "admin:app_list":
        apps = sorted({model._meta.app_label for model in table.TABLES})
        return [reverse(name, kwargs={"app_label": app}) for app in apps]
    if name == "admin:view_on_site":
        return [reverse(name, args=[1, 1])]
    return [reverse(name)] if name.startswith("admin:") else ["/console/data/nowhere"]


def _has_app(who: Identity, url: str, world: World) -> bool:
    app = url.removeprefix(INDEX).strip("/")
    return any(
        comes_in(who, model, row, world)
        for model, row in table.TABLES.items()
        if model._meta.app_label == app
    )


def test_the_index_names_only_the_tables_that_the_reader_may_open(world: World) -> None:
    assert "/console/data/phases/" not in ask(world.client(NOBODY), "GET", INDEX).text
    viewer = ask(world.client(OF_A[-1]), "GET", INDEX).text
    assert "/console/data/phases/gate/" in viewer
    assert "/console/data/outbox/message/" not in viewer
    assert "/console/data/accounts/user/" not in viewer


# --- Accounts ------------------------------------------------------------------------------------------


def test_a_superuser_switches_an_account_off_with_a_reason_and_never_sees_a_password(world: World) -> None:
    account = world.a.owner
    url = page(User, "change", account.pk)
    shown = ask(world.client(SUPERUSER), "GET", url)
    assert account.password not in shown.text
    assert 'type="password"' not in shown.text
    assert "md5$" not in shown.text
    unsaid = ask(world.client(SUPERUSER), "POST", url, {"is_active": ""})
    assert (unsaid.status, unsaid.wrote) == (200, [])
    done = ask(
        world.client(SUPERUSER), "POST", url, {"is_active": "", "reason": "She has left.", "name": HOSTILE}
    )
    assert done.status == 302
    assert {"accounts_user", "audit_auditevent"} <= set(done.wrote)


def test_switching_an_account_off_ends_its_sessions_and_is_on_the_record(world: World) -> None:
    client, url = world.client(OF_A[2]), f"/console/{world.a.rollout.slug}/"
    account = world.users[OF_A[2].name]
    assert client.get(url).status_code == 200
    body = {"is_active": "", "reason": "Left."}
    world.client(SUPERUSER).post(page(User, "change", account.pk), body)
    assert client.get(url).status_code == 302
    event = AuditEvent.objects.get(verb="account.switched_off")
    assert (event.actor, event.reason, event.object_id) == (
        world.users[SUPERUSER.name],
        "Left.",
        str(account.uuid),
    )


def test_nobody_switches_their_own_account_off(world: World) -> None:
    me = world.users[SUPERUSER.name]
    answer = ask(
        world.client(SUPERUSER), "POST", page(User, "change", me.pk), {"is_active": "", "reason": "x"}
    )
    assert (answer.status, answer.wrote) == (403, [])
