"""The examples of the README of fortnox-api, run against the simulator: as they stand, and with what may go wrong."""

import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx2
import pytest

import fortnox_api
from fortnox_api import FortnoxError, GrantRevoked, Outcome, PaceLimiter

DOCUMENT = Path(__file__).parents[2] / "packages/fortnox-api/README.md"
SCOPES = "companyinformation customer article invoice payment settings bookkeeping supplier supplierinvoice currency"


@dataclass
class Reader:
    """Follows the page: runs the examples of a section, with time that passes only when the example waits."""

    town: object
    names: dict = field(default_factory=dict)
    waited: list = field(default_factory=list)

    def blocks(self, section, kind="python"):
        text = DOCUMENT.read_text(encoding="utf-8").replace("http://127.0.0.1:8721", self.town.address)
        part = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
        return re.findall(rf"^```{kind}\n(.*?)^```", part, re.MULTILINE | re.DOTALL)

    def run(self, *sections):
        self.names |= {"time": self, "input": self.consent, "AT_ONCE": PaceLimiter(0)}
        for section in sections:
            for block in self.blocks(section):
                code = block.replace("import time\n", "").replace("Fortnox(auth=", "Fortnox(limiter=AT_ONCE, auth=")
                exec(compile(code, f"{DOCUMENT.name}: {section}", "exec"), self.names)  # noqa: S102 - our own document

    def sleep(self, seconds):
        self.waited.append(seconds)

    def consent(self, _prompt):
        return self.town.code(self.names["web"].authorize_url(state="s", scopes=["customer"]))

    def close(self):
        for name in ("fortnox", "patient", "proxied", "web", "app"):
            if name in self.names:
                self.names[name].close()


@pytest.fixture
def reader(town):
    """A reader whose company has connected, as the first command of the page does it."""
    town.tokens(SCOPES)
    found = Reader(town)
    yield found
    found.close()


@pytest.fixture
def lines(capsys):
    def read():
        return capsys.readouterr().out.splitlines()

    return read


def test_the_first_command_connects_a_company(town, tmp_path, lines):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        redirect = f"http://localhost:{taken.getsockname()[1]}/fortnox/callback"
    [command] = Reader(town).blocks("Start", "sh")
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "BROWSER": "true %s"}
    with subprocess.Popen(
        ["sh", "-c", f"{command.rstrip()} --redirect-uri {redirect}"],  # noqa: S607 - the reader's shell
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        url = next(line.strip() for line in process.stdout if line.strip().startswith("http"))
        back = {"code": town.code(url), "state": httpx2.URL(url).params["state"]}
        assert httpx2.get(redirect, params=back, trust_env=False).status_code == 200
        out = process.stdout.read()
    assert process.returncode == 0
    assert out.splitlines()[1] == (
        "Company 556001 is connected until the consent is revoked. Its tokens are in fortnox-tokens.db."
    )
    reader = Reader(town)
    reader.run("Start")
    reader.close()
    assert lines() == ["Exempelbyrån AB"]


def test_a_company_that_has_not_connected_is_told_so(town):
    reader = Reader(town)
    with pytest.raises(GrantRevoked):
        reader.run("Start")
    reader.close()


NO_SUCH_NAME = (
    "'filtr' is none of: last_modified, filter, customer_number, name, zip_code, city, email, phone, "
    "organisation_number, gln, gln_delivery, first_page, descending, sort_by"
)


def test_what_is_read(reader, lines):
    reader.run("Start", "Read")
    assert lines()[1:] == [
        "1 active customers, for one request",
        "1 Almgrens Bygg AB",
        "1 of 1 1 read 0 not",
        NO_SUCH_NAME,
        "filter: Input should be 'cancelled', 'fullypaid', 'unpaid', 'unpaidoverdue' or 'unbooked'",
    ]


def test_what_is_read_survives_errors_that_pass(reader, town, lines):
    reader.run("Start")
    for fault in ({"action": "status", "status": 503}, {"action": "reset"}):
        town.control("faults", path="/3/customers", **fault)
    reader.run("Read")
    assert lines()[1:3] == ["1 active customers, for one request", "1 Almgrens Bygg AB"]


def test_what_is_written(reader, town, lines):
    reader.run("Start", "Read")
    lines()
    reader.run("Write")
    assert lines() == ['remarks: " became ’', 'remarks: " became ’', "1001 2813 100164", "open: 0"]
    assert reader.waited == []


@pytest.mark.parametrize("phase", ["P0", "P2"])
@pytest.mark.parametrize("action", ["reset", "drop"])
def test_an_invoice_is_made_once_whether_the_request_arrived_or_not(reader, town, lines, phase, action):
    """P0: it never arrived, so it is created again. P2: it was made and its response lost, so it is found."""
    reader.run("Start", "Read")
    town.control("faults", method="POST", path="/3/invoices", action=action, phase=phase)
    reader.run("Write")
    assert lines()[-2:] == ["1001 2813 100164", "open: 0"]
    assert reader.waited == [5]
    assert [each.number for each in reader.names["fortnox"].invoices.list()] == ["1001"]
    assert len([each for each in town.posts() if each["path"] == "/3/invoices"]) == {"P0": 2, "P2": 1}[phase]


def test_who_never_gets_through_is_told_after_three_tries(reader, town):
    reader.run("Start", "Read")
    town.control("faults", method="POST", path="/3/invoices", action="reset", phase="P0", times=9)
    with pytest.raises(FortnoxError) as caught:
        reader.run("Write")
    assert (caught.value.outcome, reader.waited) == (Outcome.UNKNOWN, [5, 5])
    assert list(reader.names["fortnox"].invoices.list()) == []


def test_what_fortnox_refuses_is_not_sent_again(reader, town):
    reader.run("Start", "Read")
    town.control("faults", method="POST", path="/3/invoices", action="status", status=400, phase="P0", body=REFUSAL)
    with pytest.raises(FortnoxError) as caught:
        reader.run("Write")
    assert (caught.value.outcome, caught.value.code, reader.waited) == (Outcome.REFUSED, 2000433, [])


REFUSAL = '{"ErrorInformation": {"error": 1, "message": "Kan inte hitta kunden.", "code": 2000433}}'


@pytest.fixture
def today():
    """Asked when a test begins: the examples and the simulator run on the present day."""
    return date.today()  # noqa: DTZ011


def test_the_books_are_read(reader, lines, today):
    reader.run("Start", "Read", "Write")
    lines()
    reader.run("The books")
    assert lines() == [
        f"{today.replace(day=1)} to {today}: 1 vouchers in B, INVOICE",
        f"{today.replace(day=1)} to {today}: 1 vouchers in C, INVOICEPAYMENT",
        "Invoices are booked in B, Kundfakturor; the next is 2",
        "6250 82.5 0",
        "1910 0 82.5",
        f"{today:%Y-%m} A: 1 vouchers, 2 rows, 82.50 kronor",
        f"{today:%Y-%m} B: 1 vouchers, 4 rows, 2813.00 kronor",
        f"{today:%Y-%m} C: 1 vouchers, 2 rows, 2813.00 kronor",
        "odd ones: {}",
        "cp1252 2026-01-31 Löner 2 100 set()",
        "0 supplier invoices",
        "0 payments of them",
    ]


def test_books_without_a_year_say_so(reader, town, today):
    reader.run("Start", "Read", "Write")
    none = lambda *_, **__: None  # noqa: E731
    reader.names["fortnox"].financial_years.on = none
    with pytest.raises(SystemExit, match=f"no financial year that holds {today}"):
        reader.run("The books")


def test_an_error_is_handled(reader, lines):
    reader.run("Start", "When it fails")
    assert lines()[1:] == ["the customer does not exist | 2000433 | refused"]


def test_everything_else_is_asked_for(reader, lines):
    reader.run("Start", "Everything else")
    assert lines()[1:] == [
        "1 Express",
        "200 application/json True",
        "GET /3/customers 200",
        "1",
    ]


def test_everything_else_fails_as_all_does(reader, town):
    reader.run("Start")
    town.control("faults", method="POST", path="/3/labels", action="reset", phase="P2")
    with pytest.raises(FortnoxError) as caught:
        reader.run("Everything else")
    assert caught.value.outcome is Outcome.UNKNOWN


def test_threads_wait_for_an_asynchronous_program(reader, lines):
    reader.run("Start", "In asynchronous programs")
    assert lines()[1:] == ["[1, 1]"]


def test_a_web_application_connects_companies(reader, lines):
    reader.run("Start", "Connect companies from a web application", "Tokens in many processes")
    assert lines()[2:] == ["556001 1", "1"]


def test_a_code_that_is_none_connects_nobody(reader):
    reader.run("Start")
    reader.consent = lambda _prompt: "forged"
    with pytest.raises(GrantRevoked):
        reader.run("Connect companies from a web application")


def test_every_example_stands_in_a_section_that_is_run():
    text = DOCUMENT.read_text(encoding="utf-8")
    calls = re.findall(r"\.(?:run|blocks)\(([^)]*)\)", Path(__file__).read_text(encoding="utf-8"))
    run = set(re.findall(r'"([A-Z][^"]+)"', " ".join(calls)))
    shown = {part.split("\n")[0] for part in text.split("\n## ")[1:] if "```" in part}
    assert shown == run


def test_every_public_error_stands_in_the_table():
    text = DOCUMENT.read_text(encoding="utf-8")
    names = set(re.findall(r"`([A-Z][A-Za-z]+)`", text.split("## When it fails")[1].split("## Everything")[0]))
    public = {name: getattr(fortnox_api, name) for name in fortnox_api.__all__}
    errors = {name for name, thing in public.items() if isinstance(thing, type) and issubclass(thing, FortnoxError)}
    assert errors - names == {"FortnoxError", "Rejected"}  # what the others have in common


def test_every_resource_and_method_stands_in_the_table(reader):
    reader.run("Start")
    text = DOCUMENT.read_text(encoding="utf-8").split("## Read")[1].split("## Write")[0]
    rows = re.findall(r"^\| (`.+?`) \| (.+?) \|", text, re.MULTILINE)
    told = {name: set(methods.split()) for names, methods in rows for name in re.findall(r"`(\w+)`", names)}
    there = {
        name: {each for each in dir(thing) if not each.startswith("_") and hasattr(getattr(thing, each), "__func__")}
        for name, thing in vars(reader.names["fortnox"]).items()
        if not name.startswith("_")
    }
    assert told == there
