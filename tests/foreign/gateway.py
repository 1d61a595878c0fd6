"""Leads unmodified clients to a simulator: their requests library sends what is meant for Fortnox there instead.

Runs in the environment of the foreign clients, which has nothing of ours.
"""

import html
import re
import sys
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

FORTNOX = {"api.fortnox.se", "apps.fortnox.se"}
REDIRECT = "http://localhost:8720/fortnox/callback"
OAUTH = "https://apps.fortnox.se/oauth-v1"
SECONDS = 60
CLIENT, SECRET = "uku-demo", "uku-demo-secret"


def lead_to(address):
    """Send every request for Fortnox to the simulator at an address.

    A client that knows only the headers `Access-Token` and `Client-Secret`, which ended on 30 April 2025, has its token
    carried over to the bearer header: no client of that kind can speak to Fortnox today.
    """
    simulator = urlsplit(address)
    send = HTTPAdapter.send

    def redirect(self, request, **options):
        parts = urlsplit(request.url)
        if parts.netloc in FORTNOX:
            request.url = urlunsplit((simulator.scheme, simulator.netloc, *parts[2:]))
        token = request.headers.pop("Access-Token", None)
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return send(self, request, **options)

    HTTPAdapter.send = redirect


def consent(url):
    """Walk from an authorization address through the pages as an administrator; give the code."""
    page = requests.get(url, timeout=SECONDS)
    for answers in ({"username": "anna@exempelbyran.example", "password": "fortnox"}, {"company": "556001"}):
        page = submit(page, answers)
    back = submit(page, {"approve": "1"}, follow=False)
    return parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]


def submit(page, answers, *, follow=True):
    action = html.unescape(re.search(r'action="([^"]+)"', page.text)[1])
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    url, data = f"https://apps.fortnox.se{action}", {**hidden, **answers}
    return requests.post(url, data=data, allow_redirects=follow, timeout=SECONDS)


def connect(scope="customer invoice payment bookkeeping settings"):
    """Authorize for a client that cannot do it itself; give an access token."""
    asked = {"client_id": CLIENT, "response_type": "code", "state": "s", "redirect_uri": REDIRECT}
    url = f"{OAUTH}/auth?{urlencode({**asked, 'scope': scope})}"
    body = {"grant_type": "authorization_code", "code": consent(url), "redirect_uri": REDIRECT}
    answer = requests.post(f"{OAUTH}/token", data=body, auth=(CLIENT, SECRET), timeout=SECONDS)
    return answer.json()["access_token"]


def run(main):
    """Run a client's steps against the simulator whose address is the first argument."""
    lead_to(sys.argv[1])
    main()
