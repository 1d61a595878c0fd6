"""Figures of the simulator: how fast it starts with 50,000 customers, and how many lists a second it answers.

    python bench/simulator.py [seconds]

The load comes from processes of its own over loopback, pacing off, one new connection a request.
"""

import http.client
import json
import multiprocessing
import subprocess
import sys
import time
from urllib.parse import urlsplit

sys.path.insert(0, ".")
from tests.fortnox_sim.desk import BASIC, REDIRECT  # noqa: E402

CUSTOMERS = 50_000
PROCESSES = 2


def start():
    """Start the simulator; give the process, its address and the seconds it took."""
    began = time.monotonic()
    command = [sys.executable, "-m", "fortnox_sim", "--port", "0", "--seed", "empty", "--customers", str(CUSTOMERS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    return process, urlsplit(line.split()[-1]), time.monotonic() - began


def call(address, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def post_form(address, path, values, headers=None):
    from urllib.parse import urlencode

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return call(address, "POST", path, urlencode(values), {**kind, **(headers or {})})


def connect(address):
    """Walk the consent pages and give the headers of a connected client."""
    import re
    from urllib.parse import parse_qs, urlencode

    asked = {
        "client_id": "uku-demo", "response_type": "code", "scope": "customer", "state": "s", "redirect_uri": REDIRECT,
    }  # fmt: skip
    page = call(address, "GET", f"/oauth-v1/auth?{urlencode(asked)}")[2].decode()
    ticket = re.search(r'name="ticket" value="(\w+)"', page)[1]
    user = {"username": "anna@exempelbyran.example", "password": "fortnox"}
    post_form(address, "/oauth-v1/auth/login", {"ticket": ticket, **user})
    post_form(address, "/oauth-v1/auth/company", {"ticket": ticket, "company": "556001"})
    back = post_form(address, "/oauth-v1/auth/approve", {"ticket": ticket, "approve": "1"})[1]["Location"]
    code = parse_qs(urlsplit(back).query)["code"][0]
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    token = json.loads(post_form(address, "/oauth-v1/token", body, BASIC)[2])["access_token"]
    call(address, "POST", "/_sim/switches", json.dumps({"rate_limit": False}))
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def load(address, headers, seconds, results):
    """Ask for list after list; count the good answers."""
    end, page, good = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end:
        page = page % (CUSTOMERS // 100) + 1
        status, _, body = call(address, "GET", f"/3/customers?limit=100&page={page}", headers=headers)
        good += status == 200 and len(body) > 10_000
    results.put(good)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    process, address, took = start()
    print(f"start with {CUSTOMERS} customers: {took:.2f} s")
    try:
        headers = connect(address)
        began = time.monotonic()
        call(address, "GET", "/3/customers?limit=100&page=1", headers=headers)
        print(f"first list of {CUSTOMERS}: {time.monotonic() - began:.3f} s")
        results = multiprocessing.Queue()
        workers = [
            multiprocessing.Process(target=load, args=(address, headers, seconds, results)) for _ in range(PROCESSES)
        ]
        for worker in workers:
            worker.start()
        done = sum(results.get() for _ in workers)
        for worker in workers:
            worker.join()
        print(f"lists of 100 customers: {done / seconds:.0f} a second over {seconds:.0f} s")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
