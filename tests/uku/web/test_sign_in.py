"""Signing in and back in: nobody is told who exists, nobody may try for ever."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hashers
from django.core import mail
from django.test import Client
from tests.uku.conftest import PASSWORD

WRONG = "not the password"
CHANGED = "an other horse battery"


def attempt(email, password=WRONG, browser=None, address="198.51.100.1"):
    return (browser or Client()).post("/accounts/login/", {"login": email, "password": password}, REMOTE_ADDR=address)


def said(answer):
    """The words of a page without what differs by its nature: the address that was typed and the form's token."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", answer.content.decode())
    return re.sub(r'value="[^"]*@[^"]*"', "", text)


# Who exists


def test_a_wrong_password_and_an_unknown_address_get_the_same_page(owner):
    """S24, B22"""
    known, unknown = attempt(owner.email), attempt("nobody@byran.example")
    assert (known.status_code, said(known)) == (unknown.status_code, said(unknown))


class CountedHasher(PBKDF2PasswordHasher):
    """Notes the rounds of each hash that it computes."""

    iterations = 1_000

    def __init__(self):
        self.computed = []

    def encode(self, password, salt, iterations=None):
        self.computed.append(iterations or self.iterations)
        return super().encode(password, salt, iterations)


def test_an_unknown_address_costs_as_much_work_as_a_known_one(owner, settings):
    """B22: the password is hashed either way, once, with as many rounds."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountedHasher"]
    (hasher,) = get_hashers()
    owner.set_password(PASSWORD)
    owner.save()
    work = {}
    for email in (owner.email, "nobody@byran.example"):
        hasher.computed.clear()
        attempt(email)
        work[email] = list(hasher.computed)
    assert work == {owner.email: [hasher.iterations], "nobody@byran.example": [hasher.iterations]}


def test_asking_for_a_new_password_says_the_same_for_everybody(owner):
    """S24, B22: both lead to the same page, and both send one mail, so that neither is quicker."""
    answers = []
    for email in (owner.email, "nobody@byran.example"):
        answer = Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        answers.append((answer.status_code, answer.redirect_chain, said(answer)))
    assert answers[0] == answers[1]
    assert [(m.to, m.subject) for m in mail.outbox] == [
        ([owner.email], "Choose a new password for Uku"),
        (["nobody@byran.example"], "No account for this address"),
    ]


# How often


def test_the_sixth_wrong_password_for_one_account_is_not_even_looked_at(owner):
    """S24: from many addresses, for one account; the right password does not pass either, then it does elsewhere."""
    for number in range(5):
        assert "Wrong e-mail or password" in attempt(owner.email, address=f"198.51.100.{number}").content.decode()
    answer = attempt(owner.email, PASSWORD, address="198.51.100.77")
    assert "Too many tries" in answer.content.decode()
    assert "_auth_user_id" not in answer.client.session


def test_an_unknown_account_is_throttled_alike(db):
    """S24: a limit only for people who exist would name them."""
    for number in range(5):
        attempt("nobody@byran.example", address=f"198.51.100.{number}")
    assert "Too many tries" in attempt("nobody@byran.example", address="198.51.100.9").content.decode()


def test_spraying_one_password_over_many_accounts_is_throttled_by_address(owner):
    """B22"""
    for number in range(10):
        assert "Wrong e-mail or password" in attempt(f"person{number}@byran.example").content.decode()
    assert "Too many tries" in attempt(owner.email, PASSWORD).content.decode()
    assert attempt(owner.email, PASSWORD, address="203.0.113.5").status_code == 302


def test_a_made_up_forwarding_header_gives_no_new_tries(owner):
    """B22, B23"""
    for number in range(10):
        Client().post(
            "/accounts/login/",
            {"login": f"p{number}@byran.example", "password": WRONG},
            headers={"x-forwarded-for": f"203.0.113.{number}"},
            REMOTE_ADDR="198.51.100.1",
        )
    assert "Too many tries" in attempt(owner.email, PASSWORD).content.decode()


def test_asking_for_new_passwords_is_throttled(owner):
    """S24: three in five minutes for one account, whatever the address; no fourth mail."""
    answers = [
        Client().post("/accounts/password/reset/", {"email": owner.email}, REMOTE_ADDR=f"198.51.100.{n}")
        for n in range(4)
    ]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert "Wait five minutes, then try again." in answers[3].content.decode()
    assert len(mail.outbox) == 3


OTHER_PROCESS = """
import django
django.setup()
from django.core.cache import cache
print([cache.get("shared"), cache.add("shared", 9, 60), cache.add("once", True, 60), cache.get("ended")])
cache.set("back", [1.5, 2.5], 60)
"""


def test_tries_are_counted_over_all_processes(committed, process_environment):
    """S24: the counter is a row, not a process's memory."""
    from django.core.cache import cache

    cache.set("shared", [1.25], 60)
    cache.set("ended", 1, -1)
    environment = {**process_environment, "DJANGO_SETTINGS_MODULE": "uku.settings"}
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[[1.25], False, True, None]", done.stderr
    assert (cache.add("once", True, 60), cache.get("back")) == (False, [1.5, 2.5])


def test_the_cache_keeps_its_promises(db):
    """What allauth and Django expect of a cache."""
    from django.core.cache import cache

    from uku.kit.shared_cache import SharedValue

    assert (cache.get("none"), cache.get("none", 7), cache.delete("none"), cache.touch("none")) == (
        None,
        7,
        False,
        False,
    )
    assert (cache.add("key", {"a": [1]}, 60), cache.add("key", 2, 60), cache.get("key")) == (True, False, {"a": [1]})
    assert (cache.touch("key", -1), cache.get("key"), cache.add("key", 3, None)) == (True, None, True)
    assert (cache.get("key"), cache.add("key", 4, 60), cache.delete("key"), cache.get("key")) == (3, False, True, None)
    cache.set("ended", 1, -1)
    cache.set("lives", 1, 60)
    cache.delete_ended()
    assert [row.key for row in SharedValue.objects.all()] == [":1:lives"]
    cache.clear()
    assert SharedValue.objects.count() == 0


# A new password


def reset_link(owner, **headers):
    Client().post("/accounts/password/reset/", {"email": owner.email}, headers=headers)
    return re.search(r"(http\S+)/accounts/password/reset/key/(\S+)/", mail.outbox[-1].body).groups()


def choose(key, password):
    browser = Client()
    form = browser.get(f"/accounts/password/reset/key/{key}/", follow=True)
    where = form.request["PATH_INFO"]
    return browser.post(where, {"password1": password, "password2": password}), form


def test_a_reset_link_works_once_and_signs_everybody_out(owner, workspace):
    """B22"""
    inside = Client()
    inside.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    _origin, key = reset_link(owner)
    answer, _form = choose(key, CHANGED)
    assert answer["Location"] == "/accounts/password/reset/key/done/"
    assert inside.get("/w/byran/clients/").status_code == 302
    _answer, form = choose(key, "a third horse battery")
    assert "This link no longer works" in form.content.decode()
    assert attempt(owner.email, CHANGED).status_code == 302


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_reset_link_is_made_of_our_public_address_and_not_of_the_host(owner, host):
    """B22, S29"""
    origin, _key = reset_link(owner, host=host, **{"x-forwarded-host": "evil.example"})
    assert origin == "http://localhost:8720"
    assert "evil" not in mail.outbox[-1].body


def test_a_link_for_an_older_password_is_dead(owner, workspace):
    """B22: a link asked for earlier does not survive the change."""
    _origin, first = reset_link(owner)
    _origin, second = reset_link(owner)
    choose(second, CHANGED)
    _answer, form = choose(first, "a third horse battery")
    assert "This link no longer works" in form.content.decode()


def test_a_changed_password_is_told_by_mail(owner, workspace):
    browser = Client()
    browser.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": CHANGED, "password2": CHANGED})
    [message] = mail.outbox
    assert message.to == [owner.email]
    assert message.subject == "Password changed"
    assert message.body.splitlines()[0] == "The password of your account in Uku was changed."
    assert "If that was not you" in message.body
    assert message.body.rstrip().endswith("http://localhost:8720")


# Passwords


def test_a_password_is_kept_under_argon2_and_an_older_one_is_hashed_anew_at_sign_in(owner, settings):
    """S25"""
    from django.contrib.auth.hashers import make_password

    import uku.settings as ours

    assert ours.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    settings.PASSWORD_HASHERS = ours.PASSWORD_HASHERS
    owner.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    owner.save()
    assert attempt(owner.email, PASSWORD).status_code == 302
    owner.refresh_from_db()
    assert owner.password.startswith("argon2$argon2id$")


# Where to


EVIL = [
    "//evil.example",
    "https:evil.example",
    "\\evil.example",
    "javascript:alert(1)",
    "http://evil.example/",
    "/\\evil.example",
]


@pytest.mark.parametrize("wanted", EVIL)
def test_sign_in_leads_nowhere_else(owner, workspace, wanted):
    """B61"""
    given = {"login": owner.email, "password": PASSWORD, "next": wanted}
    assert Client().post("/accounts/login/", given)["Location"] == "/"


def test_sign_in_leads_where_the_person_wanted_to_go(owner, workspace):
    given = {"login": owner.email, "password": PASSWORD, "next": "/w/byran/tasks/"}
    assert Client().post("/accounts/login/", given)["Location"] == "/w/byran/tasks/"


def test_nobody_signs_up_and_nobody_changes_the_address(owner, signed_in, workspace):
    given = {"email": "new@byran.example", "password1": CHANGED}
    assert b"Your firm creates the accounts" in Client().post("/accounts/signup/", given).content
    browser = signed_in(owner)
    for path in ("/accounts/email/", "/accounts/confirm-email/"):
        assert (browser.get(path).status_code, browser.post(path, {"email": "x@y.example"}).status_code) == (404, 404)
    assert browser.get("/accounts/")["Location"] == "/accounts/2fa/"


# Forged requests

SIGNED_OTHERWISE = {"/fortnox/hint"}  # another machine's post: it carries no session, so there is nothing to forge


def test_every_post_needs_its_token(owner, workspace):
    """S19, B03: none, a wrong one, another session's, and a method in disguise."""
    from django.urls import get_resolver

    from uku.workspaces.models import Membership

    strict, other = Client(enforce_csrf_checks=True), Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    foreign = re.search(r'csrfmiddlewaretoken" value="(\w+)"', other.get("/accounts/login/").content.decode())[1]
    paths = sorted(posted(get_resolver()))
    assert "/w/byran/clients/new/" in paths
    assert len(paths) > 20
    assert paths_without_csrf() == SIGNED_OTHERWISE & set(paths)
    for path in paths:
        if path in SIGNED_OTHERWISE:
            continue
        for token in ({}, {"csrfmiddlewaretoken": "x" * 64}, {"csrfmiddlewaretoken": foreign}):
            assert strict.post(path, token).status_code == 403, path
    for path in ("/w/byran/clients/new/", "/accounts/logout/"):
        assert strict.get(path, {"_method": "POST"}, headers={"x-http-method-override": "POST"}).status_code == 200
    assert Membership.everywhere.filter(user=owner, is_active=True).count() == 1


def posted(resolver, prefix="/"):
    """Every address of the product, with values that stand for what it asks for."""
    from django.urls import URLResolver

    for entry in resolver.url_patterns:
        text = str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from posted(entry, prefix + text)
        elif "^" not in text and "static" not in text:
            path = re.sub(r"<slug:slug>", "byran", prefix + text)
            path = re.sub(r"<int:\w+>", "1", path)
            yield re.sub(r"<(?:str:|slug:)?\w+>", "x", path)


def paths_without_csrf():
    from django.urls import get_resolver, resolve

    return {path for path in posted(get_resolver()) if getattr(resolve(path).func, "csrf_exempt", False)}


LINK = re.compile(r"""(?:href|hx-get)="(/(?!/|static/)[^"#]*)""")


def test_no_link_changes_anything(signed_in, owner, records, committed_hash):
    """S19: every link that an owner can find is followed, and the tables stay as they were.

    But for the paper of an issued invoice: the first look keeps it, as it may be sent by hand from then on.
    """
    browser = signed_in(owner)
    before, seen, waiting = committed_hash(), set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 400:
            continue
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code in {200, 302, 304, 400, 404, 405}, path
        found = LINK.findall(answer.content.decode()) if "html" in answer.get("Content-Type", "") else []
        waiting += [answer["Location"]] if answer.status_code == 302 else []
        waiting += [unescape(link) for link in found]
    assert len(seen) > 30
    after = committed_hash()
    assert {table for table in after if after[table] != before[table]} == {"uku_invoicedocument"}


@pytest.fixture
def committed_hash(db):
    """A digest of all rows of all tables but the session's own, which a request may write."""
    from django.db import connection

    def digest():
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            names = [name for (name,) in cursor.fetchall() if name not in {"django_session", "uku_sharedvalue"}]
            found = {}
            for name in names:
                cursor.execute(
                    f"SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM \"{name}\" t"
                )
                found[name] = cursor.fetchone()[0]
        return found

    return digest


@pytest.mark.parametrize("email", ["owner@byran.example", "nobody@byran.example"])
def test_a_mail_server_that_is_away_is_told_to_everybody_alike(owner, workspace, settings, email):
    """S24: no fault page, and no difference between an address that is known and one that is not."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = Client().post("/accounts/password/reset/", {"email": email}, follow=True)
    assert answer.redirect_chain == [("/accounts/password/reset/done/", 302)]
    assert "could not be sent: the mail server refused it" in answer.content.decode()


def test_a_password_is_changed_though_the_mail_about_it_is_not_sent(owner, workspace, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    browser = Client()
    browser.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    typed = {"oldpassword": PASSWORD, "password1": "an other horse battery", "password2": "an other horse battery"}
    answer = browser.post("/accounts/password/change/", typed, follow=True)
    assert (answer.status_code, "could not be sent" in answer.content.decode()) == (200, True)
    owner.refresh_from_db()
    assert owner.check_password("an other horse battery")
