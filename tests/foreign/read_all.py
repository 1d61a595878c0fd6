"""Reads all customers and articles with one client and says what came of it, as JSON: `read_all.py CLIENT ADDRESS`.

Runs in the environment of the client. It connects, waits for a line on its standard input, and reads.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

PAGE = 500


def connect_fortpyx(_address):
    import gateway
    from fortpyx.fortpyx import Fortpyx

    client = Fortpyx(gateway.CLIENT, gateway.SECRET, auto_fetch_all_pages=True)
    client.get_tokens(gateway.consent(client.get_authorization_url(gateway.REDIRECT, SCOPES)), gateway.REDIRECT)
    return {
        "customers": lambda: [
            each.customer_number for each in client.fortnox.customers.retrieve_a_list_of_customers().customers
        ],
        "articles": lambda: [
            each.article_number for each in client.fortnox.articles.retrieve_a_list_of_articles().articles
        ],
    }


def connect_pyfortnox(_address):
    """It reads one page a call and tells no number of pages: its users go on until a page is short."""
    import fortnox
    import gateway

    client = fortnox.Client(access_token=gateway.connect(" ".join(SCOPES)), client_secret=gateway.SECRET)

    def read(service, key):
        found, number = [], 1
        while True:
            rows = service.list(limit=PAGE, page=number)
            found += [row[key] for row in rows]
            number += 1
            if len(rows) < PAGE:
                return found

    return {
        "customers": lambda: read(client.customers, "CustomerNumber"),
        "articles": lambda: read(client.articles, "ArticleNumber"),
    }


def connect_ours(address):
    from tests.fortnox_api.conftest import Town

    from fortnox_api import Fortnox, MemoryTokenStore, RefreshTokenAuth

    town = Town(address)
    auth = RefreshTokenAuth(town.app, MemoryTokenStore(town.tokens(" ".join(SCOPES))))
    fortnox = Fortnox(auth=auth, base_url=address)
    return {
        "customers": lambda: [each.number for each in fortnox.customers.list()],
        "articles": lambda: [each.number for each in fortnox.articles.list()],
    }


SCOPES = ["customer", "article", "invoice", "payment", "bookkeeping", "settings", "companyinformation"]
CONNECT = {"fortpyx": connect_fortpyx, "pyfortnox": connect_pyfortnox, "fortnox-api": connect_ours}


def main(client, address):
    if client == "fortnox-api":
        sys.path.insert(0, str(Path(__file__).parents[2]))
    else:
        import gateway

        gateway.lead_to(address)
    reads = CONNECT[client](address)
    say("connected")
    sys.stdin.readline()
    found = {"customers": None, "articles": None, "end": "whole"}
    began = time.monotonic()
    try:
        for kind, read in reads.items():
            numbers = read()
            found[kind] = len(set(numbers))
            if len(numbers) != found[kind]:
                found["end"] = f"no error, but {len(numbers) - found[kind]} {kind} twice"
    except Exception as error:  # noqa: BLE001 - whatever a client raises is what it did
        found["end"] = f"{type(error).__name__}"
    say(json.dumps({**found, "seconds": time.monotonic() - began, "version": version(client)}))


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


main(*sys.argv[1:])
