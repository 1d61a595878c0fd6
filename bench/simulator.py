# ruff: noqa: INP001
"""Figures of the simulator: how fast it starts with 50,000 customers, and how many lists a second it answers.

    python bench/simulator.py [seconds]

The load comes from processes of its own over loopback, pacing off: on new connections, on kept ones, and with gzip.
"""

import base64
import gzip
import http.client
import json
import multiprocessing
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from email.message import Message
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

REDIRECT = "http://localhost:8720/fortnox/callback"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"uku-demo:uku-demo-secret").decode()}
CUSTOMERS = 50_000
PROCESSES = 2
PAGE = 100
OK = 200
SMALLEST_PAGE = 10_000

Found = tuple[int, Message, bytes]


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def start() -> tuple["subprocess.Popen[str]", SplitResult, float]:
    """Start the simulator; give the process, its address and the seconds it took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "fortnox_sim", "--port", "0", "--seed", "empty", "--customers", str(CUSTOMERS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline() if process.stdout else ""
    return process, urlsplit(line.split()[-1]), time.monotonic() - began


def call(
    address: SplitResult, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
) -> Found:
    """Send one request on a connection of its own."""
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.request(method, path, body, dict(headers or {}))
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def post_form(
    address: SplitResult, path: str, values: dict[str, str], headers: Mapping[str, str] | None = None
) -> Found:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(address, "POST", path, urlencode(values), {**kind, **(headers or {})})


def connect(address: SplitResult, scope: str = "customer") -> dict[str, str]:
    """Walk the consent pages and give the headers of a connected client."""
    asked = {"client_id": "uku-demo", "response_type": "code", "scope": scope, "redirect_uri": REDIRECT}
    page = call(address, "GET", f"/oauth-v1/auth?{urlencode(asked)}")[2].decode()
    ticket = re.findall(r'name="ticket" value="(\w+)"', page)[0]
    user = {"username": "anna@exempelbyran.example", "password": "fortnox"}
    post_form(address, "/oauth-v1/auth/login", {"ticket": ticket, **user})
    post_form(address, "/oauth-v1/auth/company", {"ticket": ticket, "company": "556001"})
    back = post_form(address, "/oauth-v1/auth/approve", {"ticket": ticket, "approve": "1"})[1]["Location"]
    code = parse_qs(urlsplit(back).query)["code"][0]
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    token = json.loads(post_form(address, "/oauth-v1/token", body, BASIC)[2])["access_token"]
    call(address, "POST", "/_sim/switches", json.dumps({"rate_limit": False}))
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def load(
    address: SplitResult, headers: dict[str, str], keep: bool, seconds: float, results: "multiprocessing.Queue[int]"
) -> None:
    """Ask for list after list, on new connections or on one that is kept; count the good answers."""
    end, page, good = time.monotonic() + seconds, 0, 0
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    while time.monotonic() < end:
        page = page % (CUSTOMERS // PAGE) + 1
        connection.request("GET", f"/3/customers?limit={PAGE}&page={page}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        good += answer.status == OK and len(body) > SMALLEST_PAGE
        if not keep:
            connection.close()
    results.put(good)


def measure(address: SplitResult, seconds: float) -> None:
    """Measure the first list and the rate under load."""
    headers = connect(address)
    began = time.monotonic()
    call(address, "GET", f"/3/customers?limit={PAGE}", headers=headers)
    say(f"first list of {CUSTOMERS}: {time.monotonic() - began:.3f} s")
    measure_rate(address, headers, False, seconds, "new connections")
    measure_rate(address, headers, True, seconds, "kept connections")
    measure_rate(address, {**headers, "Accept-Encoding": "gzip"}, True, seconds, "kept connections, gzip")


def measure_rate(address: SplitResult, headers: dict[str, str], keep: bool, seconds: float, how: str) -> None:
    results: multiprocessing.Queue[int] = multiprocessing.Queue()
    facts = (address, headers, keep, seconds, results)
    workers = [multiprocessing.Process(target=load, args=facts) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    done = sum(results.get() for _ in workers)
    for worker in workers:
        worker.join()
    say(f"lists of {PAGE} customers, {how}: {done / seconds:.0f} a second over {seconds:.0f} s")


def main() -> None:
    """Print the figures."""
    process, address, took = start()
    say(f"start with {CUSTOMERS} customers: {took:.2f} s")
    try:
        measure(address, float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
