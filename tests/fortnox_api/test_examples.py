"""The examples of docs/fortnox-api.md, run from top to bottom against the simulator."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2

DOCUMENT = Path(__file__).parents[2] / "docs/fortnox-api.md"


def blocks(address):
    text = DOCUMENT.read_text(encoding="utf-8").replace("http://127.0.0.1:8721", address)
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_example_of_the_document_runs(town, capsys):
    def consent(_prompt):
        return town.code(httpx2.URL(capsys.readouterr().out.strip()))

    everything = {"input": consent}
    for block in blocks(town.address):
        exec(compile(block, "docs/fortnox-api.md", "exec"), everything)  # noqa: S102 - our own document
    everything["fortnox"].close()
    printed = capsys.readouterr().out.splitlines()
    assert printed[1:3] == ["1 active customers, for one request", "1 Almgrens Bygg AB"]
    assert [line for line in printed if "became" in line] == ['remarks: " became ’'] * 2
    assert printed[-1] == "1"


def test_every_public_error_stands_in_the_table():
    text = DOCUMENT.read_text(encoding="utf-8")
    names = set(re.findall(r"`([A-Z][A-Za-z]+)`", text.split("## When it fails")[1].split("## Tokens")[0]))
    assert {"ConnectionFailed", "GrantRevoked", "AppCredentialsWrong", "Unreadable", "RateLimited"} <= names


def test_the_live_questions_can_be_asked_of_the_simulator(town):
    folder = Path(__file__).parent
    answers = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", str(folder / "test_live.py")],
        env={
            **os.environ,
            "FORTNOX_LIVE_TOKEN": town.tokens().access_token,
            "FORTNOX_LIVE_URL": town.address,
            "FORTNOX_LIVE_WRITE": "1",
        },
        cwd=folder.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.findall(r"switches: (.*)", answers.stdout)
    assert answers.returncode == 0, answers.stdout
    assert len(told) == 10
