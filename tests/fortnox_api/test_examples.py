"""The examples of the README of fortnox-api, run from top to bottom against the simulator."""

import re
from datetime import date
from pathlib import Path

import httpx2

DOCUMENT = Path(__file__).parents[2] / "packages/fortnox-api/README.md"


def blocks(address):
    text = DOCUMENT.read_text(encoding="utf-8").replace("http://127.0.0.1:8721", address)
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_example_of_the_document_runs(town, capsys):
    def consent(_prompt):
        return town.code(httpx2.URL(capsys.readouterr().out.strip()))

    everything = {"input": consent}
    for block in blocks(town.address):
        exec(compile(block, "packages/fortnox-api/README.md", "exec"), everything)  # noqa: S102 - our own document
    everything["fortnox"].close()
    printed = capsys.readouterr().out.splitlines()
    assert printed[1:3] == ["1 active customers, for one request", "1 Almgrens Bygg AB"]
    assert [line for line in printed if "became" in line] == ['remarks: " became ’'] * 2
    today = date.today()  # noqa: DTZ011 - the simulator runs on today
    begun = printed.index(f"{today.replace(day=1)} to {today}: 1 vouchers in B, INVOICE")
    assert printed[begun + 1 : -1] == [
        "Invoices are booked in B, Kundfakturor; the next is 2",
        "6250 82.5 0",
        "1910 0 82.5",
        f"{today:%Y-%m} A: 1 vouchers, 2 rows, 82.50 kronor",
        f"{today:%Y-%m} B: 1 vouchers, 4 rows, 2813.00 kronor",
        "odd ones: {}",
        "cp1252 2026-01-31 Löner 2 100 set()",
        "0 supplier invoices",
        "0 payments of them",
    ]
    assert printed[-1] == "1"


def test_every_public_error_stands_in_the_table():
    text = DOCUMENT.read_text(encoding="utf-8")
    names = set(re.findall(r"`([A-Z][A-Za-z]+)`", text.split("## When it fails")[1].split("## Tokens")[0]))
    assert {"ConnectionFailed", "GrantRevoked", "AppCredentialsWrong", "Unreadable", "RateLimited"} <= names
