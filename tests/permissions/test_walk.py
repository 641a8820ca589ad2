"""The walk: every identity at every page of a rollout, by every method. The table says what must happen."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from phases import permissions
from phases.models.rollouts import RESERVED_SLUGS
from tests.permissions import routes as table
from tests.permissions.routes import Page, Post
from tests.permissions.sides import FOREIGN
from tests.permissions.walking import (
    Answer,
    address,
    ask,
    may,
    may_all,
    routes,
    unpainted,
    wrong_on_a_page,
    wrong_on_paper,
)
from tests.permissions.world import EVERYBODY, OF_A, SUPERUSER, Identity, World

pytestmark = pytest.mark.django_db

everybody = pytest.mark.parametrize("who", EVERYBODY, ids=str)
everybody_inside = pytest.mark.parametrize("who", [SUPERUSER, *OF_A], ids=str)

OTHER_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS")


def test_the_table_lists_every_address_of_the_portal() -> None:
    listed = {
        *(row.name for row in (*table.PAGES, *table.HALLS, *table.DOORS, *table.APIS)),
        *(row.name for row in (*table.TESTERS, *table.LETTERS)),
        *table.DATA,
    }
    for model in admin.site._registry:
        stem = f"{model._meta.app_label}_{model._meta.model_name}"
        listed |= {f"admin:{stem}_{page}" for page in ("changelist", "add", "history", "delete", "change")}
        listed.add(f"console/data/{model._meta.app_label}/{model._meta.model_name}/<path:object_id>/")
    there = {name for name, _route, _view in routes()}
    assert sorted(there - listed) == [], "give them a row in tests/permissions/routes.py"
    assert sorted(listed - there) == [], "these are gone"


def test_the_table_lists_every_model_under_all_data_with_the_act_that_opens_it() -> None:
    acts = {
        model: getattr(model_admin, "view_act", "") for model, model_admin in admin.site._registry.items()
    }
    assert acts == {model: row.act for model, row in table.TABLES.items()}


def test_the_views_name_the_acts_that_the_table_names() -> None:
    views = {name: view for name, _route, view in routes()}
    named = {page.name: getattr(views[page.name], "act", None) for page in table.PAGES}
    assert named == {page.name: page.get for page in table.PAGES}
    assert {name for name, view in views.items() if hasattr(view, "act")} == set(named)


def test_every_act_of_a_page_is_in_the_permission_table() -> None:
    named = {act for page in table.PAGES for act in (*page.acts, *(post.act for post in page.posts))}
    assert named <= set(permissions.acts())


def test_no_rollout_can_take_the_place_of_a_page() -> None:
    below = {
        route.removeprefix("console/").split("/")[0]
        for _name, route, _view in routes()
        if "console/" in route
    }
    fixed = {word for word in below if word and not word.startswith(("<", "(", "^"))}
    assert fixed <= RESERVED_SLUGS


@everybody
def test_a_page_opens_for_the_act_that_the_table_names_and_shows_nothing_else(
    world: World, who: Identity
) -> None:
    wrong = []
    for page in table.PAGES:
        url = address(page, world.a)
        answer = ask(world.client(who), "GET", url)
        if not page.reads:
            said = "" if answer.status == 405 else "expected 405"
        else:
            said = wrong_on_a_page(who, page.acts, world.a, answer, [page.opened])
        said = said or wrong_on_paper(who, world.a, answer)
        if said or answer.wrote:
            wrong.append(f"GET {url}: {answer.said}; {said}")
    assert wrong == []


@everybody
def test_head_answers_as_get_and_methods_that_no_page_has_are_refused(world: World, who: Identity) -> None:
    wrong, client = [], world.client(who)
    with unpainted():
        for number, page in enumerate(table.PAGES):
            url = address(page, world.a)
            # Everybody tries one of them at each page; together they try all.
            refused = [OTHER_METHODS[(number + EVERYBODY.index(who)) % len(OTHER_METHODS)]]
            refused += [] if page.posts else ["POST"]
            if page.reads:
                answer = ask(client, "HEAD", url)
                said = wrong_on_a_page(who, page.acts, world.a, answer, [page.opened])
                if said or answer.wrote or answer.text:
                    wrong.append(f"HEAD {url}: {answer.said}; {said}")
            else:
                refused.append("HEAD")
            for method in refused:
                answer = ask(client, method, url)
                if answer.status != 405 or answer.wrote:
                    wrong.append(f"{method} {url}: {answer.said}; expected 405")
    assert wrong == []


@everybody
def test_a_post_acts_for_the_roles_of_the_table_only(world: World, who: Identity) -> None:
    wrong, user = [], world.users.get(who.name)
    with unpainted():
        for page, post in _posts():
            url = address(page, world.a)
            fields = dict(post.fields(world.a, user or world.a.owner))
            answer = ask(world.client(who), "POST", url, fields)
            acts = (*page.acts, post.act)
            allowed = may_all(who, acts, world.a)
            said = wrong_on_a_page(who, acts, world.a, answer, [200, 302, 409, 422])
            if said or (answer.wrote and not allowed):
                wrong.append(f"POST {url} ({post.act}): {answer.said}; {said}")
    assert wrong == []


def _posts() -> Iterator[tuple[Page, Post]]:
    for page in table.PAGES:
        for post in page.posts:
            yield page, post


@pytest.mark.parametrize(
    ("page", "post"),
    list(_posts()),
    ids=[f"{page.name}-{post.act}-{n}" for n, (page, post) in enumerate(_posts())],
)
def test_what_the_walk_posts_is_what_a_person_would(world: World, page: Page, post: Post) -> None:
    """Else a refusal would prove nothing: for somebody it must happen, and stand in the audit trail."""
    answers = []
    for who in [SUPERUSER, *OF_A]:
        if may_all(who, (*page.acts, post.act), world.a):
            fields = dict(post.fields(world.a, world.users[who.name]))
            with unpainted():
                answer = ask(world.client(who), "POST", address(page, world.a), fields)
            answers.append(f"{who}: {answer.said}")
            if answer.status in {200, 302} and ("audit_auditevent" in answer.wrote) is post.records:
                return
    pytest.fail(f"it happened for nobody: {answers}")


def test_an_empty_or_broken_form_breaks_nothing(world: World) -> None:
    wrong = []
    with unpainted():
        for page, post in _posts():
            who = next(one for one in OF_A if may_all(one, (*page.acts, post.act), world.a))
            fields = post.fields(world.a, world.users[who.name])
            for said, sent in _spoiled(fields):
                answer = ask(world.client(who), "POST", address(page, world.a), sent)
                if answer.status >= 500 or answer.status == 405:
                    wrong.append(f"POST {address(page, world.a)} with {said}: {answer.said}")
    assert wrong == []


def _spoiled(fields: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field in turn as nobody should type it, by what it looks like."""
    yield "nothing", {}
    for name, value in fields.items():
        text = str(value)
        if re.match(r"\d{4}-\d\d-\d\d", text):
            rest = "T00:00" if "T" in text else ""
            strange = [f"0001-01-01{rest}", f"9999-12-31{rest}", "2026-02-30"]
        elif text.isdecimal():
            strange = ["9" * 5000, "-1", "NaN", "1e400"]
        else:
            strange = ["a\x00b", "x" * 10_000]
        for one in strange:
            yield f"{name}={one[:12]!r}", dict(fields) | {name: one}


@everybody_inside
def test_things_of_another_rollout_are_not_there(world: World, who: Identity) -> None:
    """A's address with B's things: 404 for whoever may open such a page, and nothing of B is told."""
    wrong, user = [], world.users[who.name]
    with unpainted():
        for page in table.PAGES:
            if not page.names or not may_all(who, page.acts, world.a):
                continue
            for foreign in _foreign(page):
                url = address(page, world.a, dict.fromkeys(foreign, world.b))
                sent: list[tuple[str, dict[str, Any] | None]] = [("GET", None)] if page.reads else []
                sent += [*(("POST", dict(post.fields(world.a, user))) for post in page.posts)]
                for method, data in sent:
                    answer = ask(world.client(who), method, url, data)
                    fits = {404} if method == "GET" else {403, 404}
                    if answer.status not in fits or answer.wrote:
                        wrong.append(f"{method} {url}: {answer.said}")
    assert wrong == []


def _foreign(page: Page) -> list[set[str]]:
    """All objects from the other rollout; and each alone, where there are several."""
    every = {name for name, path in page.names.items() if not path.startswith("=")}
    return [every, *({name} for name in every if len(every) > 1)]


def test_a_form_without_its_token_does_nothing(world: World) -> None:
    wrong = []
    with unpainted():
        for who in (SUPERUSER, *OF_A):
            client = Client(enforce_csrf_checks=True)
            client.cookies = world.client(who).cookies
            for page, post in _posts():
                url = address(page, world.a)
                answer = ask(client, "POST", url, dict(post.fields(world.a, world.users[who.name])))
                if answer.status != 403 or answer.wrote:
                    wrong.append(f"{who}: POST {url}: {answer.said}")
    assert wrong == []


# --- Pages that stand in no rollout --------------------------------------------------------------------


@everybody
def test_pages_outside_of_a_rollout_show_what_the_roles_let_see(world: World, who: Identity) -> None:
    wrong = []
    for hall in table.HALLS:
        url = reverse(hall.name, kwargs={name: world.a.find(path) for name, path in hall.names.items()})
        answer = ask(world.client(who), "GET", url)
        said = _wrong_in_a_hall(who, hall.act, world, answer) or wrong_on_paper(who, world.a, answer)
        if said or answer.wrote:
            wrong.append(f"GET {url}: {answer.said}; {said}")
        for method in ("POST", *OTHER_METHODS):
            answer = ask(world.client(who), method, url)
            if answer.status != 405 or answer.wrote:
                wrong.append(f"{method} {url}: {answer.said}; expected 405")
    assert wrong == []


def _wrong_in_a_hall(who: Identity, act: str, world: World, answer: Answer) -> str:
    if not who.signed_in:
        return "" if answer.to_login else "expected the login page"
    allowed = not act or may(who, act, world.a)
    return "" if answer.status == (200 if allowed else 404) else f"allowed: {allowed}"


@everybody
def test_the_palette_finds_only_what_the_reader_may_open(world: World, who: Identity) -> None:
    wrong = []
    for slug in ("", world.a.rollout.slug, world.b.rollout.slug, "no-such-rollout"):
        for term in ("r", "a-", "rollout", FOREIGN[:-1], "hold", "%", "\x00", "9" * 5000):
            answer = ask(world.client(who), "GET", "/console/data/search/", {"s": term, "rollout": slug})
            fits = {400} if term == "\x00" else {200} if who.signed_in else {302}
            said = wrong_on_paper(who, world.a, answer)
            if answer.status not in fits or said or answer.wrote:
                wrong.append(f"{term!r} in {slug!r}: {answer.said}; {said}")
    assert wrong == []


def test_strange_questions_in_the_address_break_no_page(world: World) -> None:
    wrong = []
    strange = ("\x00", "9" * 5000, "-1", "٣", "9999-12-31", "1")
    with unpainted():
        for page in (*table.PAGES, *table.HALLS):
            url = (
                address(page, world.a)
                if isinstance(page, Page)
                else reverse(
                    page.name, kwargs={name: world.a.find(path) for name, path in page.names.items()}
                )
            )
            for value in strange:
                answer = ask(world.client(OF_A[1]), "GET", url, dict.fromkeys(table.QUESTIONS, value))
                if answer.status >= 500 or answer.wrote:
                    wrong.append(f"GET {url} with {value[:9]!r}: {answer.said}")
    assert wrong == []


def test_strange_names_in_the_address_break_no_page(world: World) -> None:
    wrong, strange = [], ("%00", "%ED%A0%80", "%E2%80%AE", "9" * 3000, "..%2F..%2Fetc", "%25s", "'")
    with unpainted():
        for page in table.PAGES:
            for name, path in page.names.items():
                whole = address(page, world.a)
                for value in strange:
                    url = whole.replace(f"/{world.a.find(path)}/", f"/{value}/")
                    answer = ask(world.client(OF_A[1]), "GET", url)
                    fits = {400, 404} if page.reads else {400, 404, 405}
                    if answer.status not in fits or answer.wrote:
                        wrong.append(f"GET {url[:99]} ({name}): {answer.said}")
    assert wrong == []
