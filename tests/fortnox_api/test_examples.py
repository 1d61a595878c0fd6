"""The examples of the README of fortnox-api, run from top to bottom against the simulator."""

import re
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
    assert printed[-1] == "1"


def test_every_public_error_stands_in_the_table():
    text = DOCUMENT.read_text(encoding="utf-8")
    names = set(re.findall(r"`([A-Z][A-Za-z]+)`", text.split("## When it fails")[1].split("## Tokens")[0]))
    assert {"ConnectionFailed", "GrantRevoked", "AppCredentialsWrong", "Unreadable", "RateLimited"} <= names
