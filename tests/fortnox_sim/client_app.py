"""An application as a test sees it: it walks the consent pages, holds tokens and calls the API."""

import base64
import html
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import Client

PASSWORD = "fortnox"
NOW = "2026-03-31T12:00:00"
REDIRECT = "http://localhost:8720/fortnox/callback"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"uku-demo:uku-demo-secret").decode()}
ALL_SCOPES = (
    "companyinformation customer article invoice payment settings bookkeeping currency profile"
    " supplier supplierinvoice salary"
)
SHARED = Path(__file__).parents[2].parent / "shared" / "fortnox"


class Ticker:
    """Real time as the rate window sees it, moved by hand."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


class ClientApp:
    """An application: it signs people in through the pages, holds tokens, and calls the API."""

    def __init__(self, app):
        self.app = app
        self.http = Client(app)
        self.headers = {}

    def asked(self, scope=ALL_SCOPES, **more):
        fixed = {"client_id": "uku-demo", "response_type": "code", "state": "s1", "redirect_uri": REDIRECT}
        return {**fixed, "scope": scope, "access_type": "offline", "account_type": "service", **more}

    def open_dialog(self, user="anna@exempelbyran.example", company="556001", password=PASSWORD, **asked):
        """Walk to the dialog; give the page that ends the walk."""
        page = self.http.get("/oauth-v1/auth", query_string=self.asked(**asked))
        if page.status_code == 200:
            page = self.submit(page, username=user, password=password)
        if page.status_code == 200 and 'name="company"' in page.text:
            page = self.submit(page, company=company)
        return page

    def submit(self, page, **values):
        action = re.search(r'action="([^"]+)"', page.text)[1]
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        return self.http.post(html.unescape(action), data={**hidden, **values})

    def consent(self, **asked):
        """Approve, and give what came back on the redirect."""
        return read_redirect(self.submit(self.open_dialog(**asked), approve="1"))

    def token(self, headers=None, **body):
        return self.http.post("/oauth-v1/token", data=body, headers={**BASIC, **(headers or {})})

    def exchange(self, code, redirect_uri=REDIRECT):
        return self.token(grant_type="authorization_code", code=code, redirect_uri=redirect_uri)

    def connect(self, **asked):
        """Go all the way and keep the access token."""
        answer = self.exchange(self.consent(**asked)["code"]).json
        self.headers = {"Authorization": f"Bearer {answer['access_token']}"}
        return answer

    def get(self, path, **query):
        return self.http.get(f"/3/{path}", headers=self.headers, query_string=query)

    def post(self, path, **body):
        return self.http.post(f"/3/{path}", headers=self.headers, json=body)

    def put(self, path, **body):
        return self.http.put(f"/3/{path}", headers=self.headers, json=body or None)

    def delete(self, path):
        return self.http.delete(f"/3/{path}", headers=self.headers)

    def control(self, address, verb="POST", /, **body):
        answer = self.http.open(f"/_sim/{address}", method=verb, json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json

    def switch(self, **values):
        self.control("switches", **values)

    def journal(self, since=0, **query):
        return self.http.get("/_sim/journal", query_string={"since": since, **query}).json["entries"]

    def commits(self):
        return [e["action"] for e in self.journal() if e["kind"] == "commit" and not e["action"].startswith("control")]

    def invoice(self, *rows, **facts):
        """Create an invoice and give it."""
        answer = self.post("invoices", Invoice={"CustomerNumber": "1", "InvoiceRows": list(rows), **facts})
        assert answer.status_code == 201, answer.text
        return answer.json["Invoice"]

    def booked(self, *rows, **facts):
        number = self.invoice(*rows, **facts)["DocumentNumber"]
        answer = self.put(f"invoices/{number}/bookkeep")
        assert answer.status_code == 200, answer.text
        return answer.json["Invoice"]


def read_redirect(answer):
    """Read the query of a redirect back."""
    assert answer.status_code == 302, answer.text
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.location).query).items()}


def read_error(answer):
    """Give status, casing, number and text of a read_error."""
    body = answer.json["ErrorInformation"]
    casing = "upper" if "Code" in body else "lower"
    return answer.status_code, casing, body.get("Code", body.get("code")), body.get("Message", body.get("message"))
