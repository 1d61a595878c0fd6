"""The README's first minutes, as somebody runs them who has nothing but a shell and curl."""

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


def find_free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@pytest.mark.process
def test_the_readmes_commands_start_seed_plan_a_fault_and_read_the_journal(tmp_path):
    if not shutil.which("curl"):
        pytest.skip("curl is missing: apt-get install curl")
    commands = re.search(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
    port = str(find_free_port())
    script = commands.replace("8721", port).replace("fortnox-sim --seed", f"fortnox-sim --port {port} --seed")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", script],  # noqa: S607  (the shell of whoever follows the README)
        cwd=tmp_path,
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "no answer came: 52" in done.stdout
    assert '"ExternalInvoiceReference1":"R-1"' in done.stdout
    journal = json.loads(done.stdout[done.stdout.rindex('{"entries"') :])["entries"]
    commits = [entry["action"] for entry in journal if entry["kind"] == "commit"]
    assert commits[-3:] == ["consent.grant", "token.code", "invoice.create"]
    answers = [entry["status"] for entry in journal if entry["kind"] == "answer"]
    assert answers[-2:] == [None, 200]
