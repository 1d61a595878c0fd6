"""A pytest plugin for CI, which brings Chromium and the shared data: a skip for want of them is a failure."""

import re

import pytest

BROUGHT = re.compile(r"chromium|browser|shared", re.IGNORECASE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and BROUGHT.search(report.longrepr[2]):
        report.outcome = "failed"
        report.longrepr = f"Skipped where it must run. {report.longrepr[2]}"
    return report
