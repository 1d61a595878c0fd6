"""A short random life of invoices with a fixed seed; `make soak` lives a long one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[1] / "bench/soak.py"
SEED, INVOICES = "1", "12"


@pytest.mark.process
def test_each_invoice_is_there_once_after_faults_killed_workers_and_a_restarted_database():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UKU_TEST")}
    command = [sys.executable, str(SOAK), "--invoices", INVOICES, "--seed", SEED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "database restarted" in done.stdout
