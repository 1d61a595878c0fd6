"""Stopping and starting again from the file."""

import contextlib
import random
import signal
import subprocess
import sys
import threading

import httpx2
import pytest
from tests.fortnox_sim.client_app import NOW, ClientApp

from fortnox_sim import Clock, create_app


def begin(path, **more):
    return ClientApp(create_app(save=path, rng=random.Random(3), **{"seed": "empty", "clock": Clock(NOW), **more}))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "world.jsonl"


def stop(client):
    client.app.installation.store.close()


def test_everything_is_there_again(path):
    first = begin(path)
    tokens = first.connect()
    first.switch(rate_limit=False, refresh_days=31)
    first.control("companies/556001/customers", Name="Kund", InvoiceFreight="12.50")
    number = first.booked({"Description": "x", "DeliveredQuantity": 1, "Price": "80.40", "VAT": 25})["DocumentNumber"]
    first.control("clock", advance=60)
    journal = first.journal()
    before = first.get(f"invoices/{number}").json
    stop(first)
    second = begin(path, seed="demo", clock=Clock())
    second.headers = first.headers
    assert second.get(f"invoices/{number}").json == before
    assert second.journal()[: len(journal)] == journal
    assert second.http.get("/_sim/").json["clock"]["local"] == "2026-03-31T12:01:00+02:00"
    assert second.http.get("/_sim/switches").json["refresh_days"]["value"] == 31
    assert second.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code == 200
    stop(second)


def test_a_refused_request_leaves_nothing_in_the_file(path):
    first = begin(path)
    first.connect()
    first.post("customers", Customer={"Name": "x", "Type": "NIX"})
    assert '"Type":"NIX"' not in path.read_text(encoding="utf-8")
    stop(first)


def test_a_torn_last_line_is_dropped(path):
    first = begin(path)
    first.control("companies/556001/customers", Name="Hel")
    stop(first)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"puts":[["556001/customers","2",{"Name":"Hal')
    second = begin(path)
    assert len(second.app.installation.company("556001").table("customers")) == 1
    stop(second)
    assert path.read_bytes() == whole


def test_the_file_holds_a_commit_before_its_answer_leaves(path):
    first = begin(path)
    first.connect()
    first.control("companies/556001/customers", Name="Kund")
    first.control("faults", path="/3/invoices", phase="P2", action="drop")
    with pytest.raises(ConnectionAbortedError):
        first.post("invoices", Invoice={"CustomerNumber": "1"})
    second = begin(path)
    assert list(second.app.installation.company("556001").table("invoices").rows) == ["1001"]
    stop(first)
    stop(second)


def start(path, *arguments):
    command = [sys.executable, "-m", "fortnox_sim", "--port", "0", "--save", str(path), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    return process, line.removeprefix("fortnox_sim listening on ").strip()


@pytest.mark.process
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_process_ends_cleanly_and_a_killed_one_loses_nothing(path, how):
    process, address = start(path, "--seed", "empty", "--clock", NOW)
    made = httpx2.post(f"{address}/_sim/companies", json={"Name": "Kvar AB"}).json()["id"]
    process.send_signal(how)
    status = process.wait(10)
    process.stdout.close()
    again, address = start(path)
    name = httpx2.get(f"{address}/_sim/companies/{made}").json()["Name"]
    again.terminate()
    again.wait(10)
    again.stdout.close()
    assert (status, name) == (-9 if how == signal.SIGKILL else 0, "Kvar AB")


@pytest.mark.process
def test_a_held_answer_does_not_keep_the_process_alive(path):
    process, address = start(path, "--seed", "empty")
    httpx2.post(f"{address}/_sim/faults", json={"path": "/oauth-v1/token", "action": "hold"})
    waiting = threading.Thread(target=post_and_lose, args=(f"{address}/oauth-v1/token",))
    waiting.start()
    for _ in range(200):
        if httpx2.get(f"{address}/_sim/faults").json()[0]["state"] == "holding":
            break
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
    waiting.join(10)


def post_and_lose(address):
    with contextlib.suppress(httpx2.HTTPError):
        httpx2.post(address, data={"grant_type": "x"})
