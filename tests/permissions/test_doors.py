"""Doors without a session of staff: the API by token, testers by link, the ways in and out of an account."""

import json
import re
from http.cookies import SimpleCookie

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from cohorts.visits import COOKIE
from phases import tokens
from tests.factories import PASSWORD
from tests.permissions import routes as table
from tests.permissions.routes import Api, Letter, VisitPage
from tests.permissions.sides import FOREIGN, PERSONAL, Side
from tests.permissions.walking import LOGIN, Answer, ask, unpainted, wrong_on_paper
from tests.permissions.world import ANONYMOUS, NOBODY, OF_A, SUPERUSER, Identity, World

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# --- The API -------------------------------------------------------------------------------------------

OPEN_APIS = [route for route in table.APIS if not route.scope]
TOKEN_APIS = [route for route in table.APIS if route.scope]


def called(route: Api, side: Side) -> str:
    try:
        return reverse(route.name, kwargs={"slug": side.rollout.slug})
    except NoReverseMatch:
        return "/api/v1/nothing-here" if route.name.endswith("/") else reverse(route.name)


def speak(world: World, route: Api, side: Side, secret: str, client: Client | None = None) -> Answer:
    header = {"HTTP_AUTHORIZATION": f"Bearer {secret}"} if secret else {}
    body = table.api_body(route, side)
    return ask(client or Client(), route.method, called(route, side), body, **header)


@pytest.mark.parametrize("route", TOKEN_APIS, ids=lambda route: route.name)
def test_a_token_opens_its_own_rollout_for_its_own_purposes(world: World, route: Api) -> None:
    wrong = []
    for name, secret in world.secrets.items():
        owner, _space, made_for = name.partition(" with ")
        live = bool(made_for)
        for side in (world.a, world.b):
            answer = speak(world, route, side, secret)
            if not live:
                right = 401
            elif owner != side.name:
                right = 404
            else:
                right = route.answers if made_for in {route.scope, "all"} else 403
            if answer.status != right or (answer.wrote and right >= 400):
                wrong.append(f"{name} at {side.name}: {answer.said}; expected {right}")
            if right in {401, 404} and (FOREIGN in answer.text or "alert(" in answer.text):
                wrong.append(f"{name} at {side.name}: tells {answer.text[:80]}")
    assert wrong == []


def test_every_purpose_of_a_token_is_walked(world: World) -> None:
    assert {route.scope for route in TOKEN_APIS} == set(tokens.scopes())


@pytest.mark.parametrize("route", TOKEN_APIS, ids=lambda route: route.name)
def test_without_a_live_token_nobody_is_let_in(world: World, route: Api) -> None:
    """A session of staff, a cut token and a token in another case or place open nothing."""
    whole = world.secrets["A with all"]
    for secret in ("", whole[:-1], whole.swapcase(), whole + "x", "rop_", f" {whole}x", "é", "\x00"):
        answer = speak(world, route, world.a, secret)
        assert (answer.status, answer.wrote) == (401, []), secret
    for who in (OF_A[1], SUPERUSER):
        answer = speak(world, route, world.a, "", world.client(who))
        assert (answer.status, answer.wrote) == (401, []), who
    basic = ask(Client(), route.method, called(route, world.a), HTTP_AUTHORIZATION=f"Basic {whole}")
    assert basic.status == 401
    in_the_address = ask(Client(), route.method, f"{called(route, world.a)}?token={whole}")
    assert in_the_address.status == 401


@pytest.mark.parametrize("route", table.APIS, ids=lambda route: route.name)
def test_a_route_of_the_api_knows_its_method_only_and_speaks_in_problems(world: World, route: Api) -> None:
    header = {"HTTP_AUTHORIZATION": f"Bearer {world.secrets['A with all']}"}
    for method in METHODS:
        sent = None if method in {"GET", "HEAD"} else b"{}"
        answer = ask(Client(), method, called(route, world.a), sent, **header)
        if route.answers == 404:
            assert answer.status == 404, method
        elif method == route.method or (method == "HEAD" and not route.scope):
            assert answer.status in {route.answers, 422}, method
        else:
            assert (answer.status, answer.wrote) == (405, []), method
        if answer.status >= 400 and answer.text:
            assert answer.kind.startswith("application/problem+json"), method
            assert json.loads(answer.text)["status"] == answer.status


@pytest.mark.parametrize("route", OPEN_APIS, ids=lambda route: route.name)
def test_what_needs_no_token_tells_nothing_of_a_rollout(world: World, route: Api) -> None:
    answer = ask(Client(), "GET", called(route, world.a))
    assert answer.status == route.answers
    assert world.a.rollout.slug not in answer.text
    assert "alert(1)" not in answer.text


# --- Testers -------------------------------------------------------------------------------------------


def visitor(token: str) -> Client:
    """A browser that sends this token with every request, whatever path the cookie was made for."""
    client = Client()
    client.cookies = SimpleCookie({COOKIE: token})
    return client


def held(world: World, purpose: str) -> str:
    """The token that the person of rollout A holds for a purpose."""
    return world.links["A"][f"the person: {purpose}"]


def strangers(world: World, side: Side, purpose: str) -> dict[str, Client]:
    """Everybody who does not hold the link, and links that look like it."""
    links = {name: token for name, token in world.links[side.name].items() if token != held(world, purpose)}
    found = {name: visitor(token) for name, token in links.items()}
    other = world.b if side is world.a else world.a
    found |= {f"{name} of {other.name}": visitor(token) for name, token in world.links[other.name].items()}
    found["nobody"] = Client()
    found |= {str(who): world.client(who) for who in (OF_A[1], SUPERUSER)}
    return found


@pytest.mark.parametrize("page", table.TESTERS, ids=lambda page: f"{page.name} {page.purpose}")
def test_a_visit_opens_for_the_person_only(world: World, page: VisitPage) -> None:
    url = reverse(page.name, args=[world.a.find(page.thing).uuid])
    mine = visitor(held(world, page.purpose))
    answer = ask(mine, "GET", url)
    said = wrong_on_paper(ANONYMOUS, world.a, answer, own=True)
    assert (answer.status, answer.wrote, said) == (page.opened, [], "")
    head = ask(mine, "HEAD", url)
    assert (head.status, head.text, head.wrote) == (page.opened, "", [])
    refused = None
    for name, client in strangers(world, world.a, page.purpose).items():
        for method, fields in (("GET", None), ("HEAD", None), *(("POST", one) for one in page.posts)):
            answer = ask(client, method, url, fields)
            assert (answer.status, answer.wrote) == (404, []), f"{name}: {method} {answer.said}"
            if method == "GET":
                refused = refused or answer.text
                assert answer.text == refused, f"{name}: one answer to all, or it tells who exists"
    assert refused is not None
    assert PERSONAL not in refused
    assert "alert(" not in refused


@pytest.mark.parametrize("page", table.TESTERS, ids=lambda page: f"{page.name} {page.purpose}")
def test_only_a_pressed_button_acts_and_only_with_its_token(world: World, page: VisitPage) -> None:
    url = reverse(page.name, args=[world.a.find(page.thing).uuid])
    token = held(world, page.purpose)
    for fields in page.posts:
        acted = ask(visitor(token), "POST", url, fields)
        assert acted.status in {200, 302}
        assert acted.wrote, fields
        unforced = Client(enforce_csrf_checks=True)
        unforced.cookies = SimpleCookie({COOKIE: token})
        forged = ask(unforced, "POST", url, fields)
        assert (forged.status, forged.wrote) == (403, []), fields
        asked = ask(visitor(token), "GET", url, fields)
        assert asked.wrote == [], fields
    for spoiled in ({}, *(dict.fromkeys(fields, "a\x00b") for fields in page.posts)):
        answer = ask(visitor(token), "POST", url, spoiled)
        assert answer.status < 500, spoiled
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = ask(visitor(token), method, url)
        assert (answer.status, answer.wrote) == (405, []), method


@pytest.mark.parametrize("letter", table.LETTERS, ids=lambda letter: letter.name)
def test_the_link_in_a_mail_opens_one_visit_and_does_nothing(world: World, letter: Letter) -> None:
    """Mail scanners follow every link, by GET and by HEAD, and some post the form that they find."""
    for name, token in world.links["A"].items():
        opens = name.endswith(f": {letter.purpose}")
        url = reverse(letter.name, args=[token])
        for method in ("GET", "HEAD"):
            answer = ask(Client(), method, url)
            assert (answer.status, answer.wrote) == (302 if opens else 404, []), f"{name}: {answer.said}"
            assert token not in answer.location
        posted = ask(Client(), "POST", url, {"answer": "accept"})
        assert posted.status in {404, 405}, name
        assert posted.wrote == [], name


def test_one_click_leaves_by_its_own_link_and_by_no_other(world: World) -> None:
    for letter in (letter for letter in table.LETTERS if letter.one_click):
        for name, token in world.links["A"].items():
            url = reverse(letter.name, args=[token])
            answer = ask(Client(enforce_csrf_checks=True), "POST", url, {"List-Unsubscribe": "One-Click"})
            leaves = name.endswith(f": {letter.purpose}")
            assert answer.status == (200 if leaves else 404), name
            assert bool(answer.wrote) is leaves, name


# --- In and out of an account --------------------------------------------------------------------------


def door(name: str, names: dict[str, str]) -> str:
    kwargs = {key: "1" if kind == "number" else "ab-cd" for key, kind in names.items()}
    return f"/{name}" if "." in name else reverse(name, kwargs=kwargs)


def may_be_told(who: Identity, row: table.Door, answer: Answer) -> bool:
    """Whether somebody who is not signed in was kept from what is for those who are."""
    return who.signed_in or not row.inside or answer.to_login or answer.status == 404


@pytest.mark.parametrize("who", [ANONYMOUS, NOBODY, OF_A[1], SUPERUSER], ids=str)
def test_doors_hold_and_looking_through_them_changes_nothing(world: World, who: Identity) -> None:
    wrong = []
    for row in table.DOORS:
        url = door(row.name, dict(row.names))
        for method in METHODS:
            answer = ask(world.client(who), method, url)
            if row.closed:
                right = answer.status == 403
            elif row.strict and method not in row.strict:
                right = answer.status == 405
            else:
                right = answer.status < 500 and may_be_told(who, row, answer)
            said = wrong_on_paper(who, world.a, answer)
            if not right or said or (answer.wrote and method != "POST"):
                wrong.append(f"{method} {url}: {answer.said}; {said}")
    assert wrong == []


def test_nobody_makes_an_account_for_themselves(world: World) -> None:
    fields = {"email": "new@evil.example", "password1": PASSWORD}
    answer = ask(Client(), "POST", reverse("account_signup"), fields)
    assert answer.wrote == []
    assert "By invitation" in answer.text


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "http:evil.example",
        "https:///evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example/",
        "https://testserver@evil.example/",
        "https://testserver.evil.example/",
    ],
)
def test_signing_in_leads_to_no_other_host(world: World, there: str) -> None:
    body = {"login": world.a.owner.email, "password": PASSWORD, "next": there}
    for url in (LOGIN, reverse("account_reauthenticate")):
        for client in (Client(), world.client(OF_A[1])):
            for address in (url, f"{url}?next={there.strip()}"):
                answer = ask(client, "POST", address, body)
                assert answer.status in {200, 302}
                assert "evil" not in re.sub(r"[?&]next=.*", "", answer.location)
                assert not answer.location.startswith(("//", "/\\", "http:", "https:", "javascript:"))
    page = ask(Client(), "GET", LOGIN, {"next": there}).text
    assert 'href="javascript:' not in page


@pytest.mark.parametrize("who", [OF_A[1], SUPERUSER], ids=str)
def test_signing_out_leads_home_and_needs_a_pressed_button(world: World, who: Identity) -> None:
    url = reverse("account_logout")
    assert ask(world.client(who), "GET", url).status == 200
    answer = ask(world.client(who), "POST", f"{url}?next=https://evil.example/", {"next": "//evil.example/"})
    assert (answer.status, answer.location) == (302, LOGIN)


def test_a_switched_off_account_cannot_sign_in(world: World) -> None:
    world.a.owner.is_active = False
    type(world.a.owner).objects.filter(pk=world.a.owner.pk).update(is_active=False)
    with unpainted():
        answer = ask(Client(), "POST", LOGIN, {"login": world.a.owner.email, "password": PASSWORD})
    assert not answer.location.startswith("/console/")
    world.a.owner.is_active = True
