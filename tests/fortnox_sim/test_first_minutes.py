"""The README's commands, as somebody runs them who has nothing but a shell and curl."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "packages/fortnox-sim/README.md"

pytestmark = pytest.mark.process


def find_free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def run_section(heading, folder, programs=Path(sys.executable).parent):
    """Run the shell commands of a section one after the other in one shell; give what they print."""
    if not shutil.which("curl"):
        pytest.skip("curl is missing: apt-get install curl")
    section = README.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    port = str(find_free_port())
    script = commands.replace("8721", port).replace("fortnox-sim --seed", f"fortnox-sim --port {port} --seed")
    path = f"{programs}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", script],  # noqa: S607  (the shell of whoever follows the README)
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def read_journal(printed):
    return json.loads(printed[printed.rindex('{"entries"') :])["entries"]


def test_the_readmes_commands_start_seed_plan_a_fault_and_read_the_journal(tmp_path):
    printed = run_section("The first minutes, with curl", tmp_path)
    assert "no answer came: 52" in printed
    assert '"ExternalInvoiceReference1":"R-1"' in printed
    journal = read_journal(printed)
    commits = [entry["action"] for entry in journal if entry["kind"] == "commit"]
    assert commits[-3:] == ["consent.grant", "token.code", "invoice.create"]
    answers = [entry["status"] for entry in journal if entry["kind"] == "answer"]
    assert answers[-2:] == [None, 200]


def test_the_readmes_commands_for_the_books_count_book_lock_pay_export_and_tell(tmp_path):
    printed = run_section("The books, with curl", tmp_path)
    march, voucher, locked, invoice, vouchers, *head = printed.splitlines()[:7]
    assert json.loads(march)["MetaInformation"]["@TotalResources"] == 85
    made = json.loads(voucher)["Voucher"]
    assert (made["VoucherSeries"], made["VoucherNumber"], made["ReferenceType"]) == ("A", 201, "")
    assert json.loads(locked)["ErrorInformation"]["code"] == 2000401
    named = json.loads(invoice)["SupplierInvoice"]["Vouchers"]
    assert [(each["Series"], each["Number"]) for each in named] == [("D", 201), ("E", 201)]
    assert (vouchers, head) == ("1003", ["#FORMAT PC8", '#FNAMN "Exempelbyrån AB"'])
    [told] = [entry for entry in read_journal(printed) if "vouchers" in entry]
    [row] = told["vouchers"]
    assert (row["series"], row["month"], row["rows"], row["debit"]) == ("A", "2024-07", 2, "25000")
