"""One person's browser on our side, on the way to Fortnox's consent page and back."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.contrib.messages import get_messages
from django.test import Client

from uku.integrations.fortnox.models import Connection

SCOPES = ["invoice", "customer", "article", "companyinformation", "payment", "settings"]


class Walk:
    """One person's browser on our side."""

    def __init__(self, user, workspace, simulated) -> None:
        self.browser, self.simulated = Client(), simulated
        self.browser.force_login(user)
        self.root = f"/w/{workspace.slug}/"
        self.home = self.address("overview")

    def address(self, name, **arguments):
        from django.urls import reverse

        return reverse(f"fortnox:{name}", kwargs={"slug": self.root.split("/")[2], **arguments})

    def post(self, name, **arguments):
        return self.browser.post(self.address(name, **arguments))

    def authorize_url(self) -> str:
        self.post("enable")
        return self.post("authorize")["Location"]

    def returned(self, **query):
        return self.browser.get("/fortnox/callback", query)

    def see(self, name, **arguments):
        return self.browser.get(self.address(name, **arguments))

    def connect(self, **choices):
        return self.returned(**self.simulated.consent(self.authorize_url(), **choices))

    def confirm(self, press="confirm"):
        """Press **Connect NAME**, or **Not this company**, on the page that asks."""
        return self.press(press, self.see("confirm"))

    def press(self, name, page):
        grant = re.search(r'name="grant" value="(\d+)"', page.content.decode())
        return self.browser.post(self.address(name), {"grant": grant[1] if grant else "0"})


class Visitor:
    """Somebody without an account, in a browser of their own."""

    def __init__(self, link, fortnox):
        self.path, self.fortnox, self.browser = urlsplit(link).path, fortnox, Client()

    def see(self):
        return self.browser.get(self.path)

    def authorize_url(self):
        return self.browser.post(self.path)["Location"]

    def connect(self, **choices):
        back = self.fortnox.consent(self.authorize_url(), **choices)
        return self.browser.get("/fortnox/callback", back)


def make_link(walk):
    page = walk.post("make-consent-link").content.decode()
    return re.search(r'value="(http://localhost:8720/fortnox/connect/[^"]+)"', page)[1]


def texts(answer) -> str:
    """The words of a page, without its markup."""
    found: list[str] = []
    reader = HTMLParser()
    reader.handle_data = found.append
    reader.feed(answer.content.decode())
    return " ".join(" ".join(found).split())


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def says(answer, refusal) -> None:
    """The page has status 400 and tells what happened, what it means and what to do."""
    assert answer.status_code == 400
    page = texts(answer)
    for sentence in (refusal.happened, refusal.means, refusal.remedy):
        assert " ".join(sentence.split()) in page


def nothing_stored() -> None:
    assert [c.sealed_tokens for c in Connection.everywhere.all()] in ([], [""])


def token_calls(fortnox, since=0):
    return fortnox.requests(since, prefix="/oauth-v1/token")
