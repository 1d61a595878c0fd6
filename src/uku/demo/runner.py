"""Running the steps and the checks, and saying how they went."""

from __future__ import annotations

import os
import time

from rich.console import Console

from uku.demo import checks, firm
from uku.demo.browser import Browser, PageRefused
from uku.demo.simulator import Simulator
from uku.demo.steps import STEPS, StepContext, StepFailed
from uku.kit import clock
from uku.kit.scoping import workspace_in_force


def run_steps(simulator: Simulator, console: Console) -> bool:
    """Run the main job as the owner would, and check its outcome."""
    workspace = firm.ensure_firm(simulator.company(firm.COMPANY), at=clock.now())
    firm.ensure_other_firm(simulator.company("556002"), at=clock.now())
    console.print("\nThe main job")
    with Browser(os.environ["UKU_PUBLIC_URL"]) as browser, workspace_in_force(workspace.pk):
        context = StepContext(browser, simulator)
        for what, step in STEPS:
            began = time.monotonic()
            try:
                how = step(context)
            except (StepFailed, PageRefused) as error:
                console.print(f"  {what}: FAILED. {error}", style="red", markup=False)
                return False
            console.print(f"  {what:34} {how:64} {time.monotonic() - began:6.1f} s", highlight=False, markup=False)
        return _report(simulator, console)


def _report(simulator: Simulator, console: Console) -> bool:
    """Print every check that failed, by name, then the facts."""
    results = checks.all_checks(simulator)
    failed = [check for check in results if not check.held]
    console.print(f"\n{len(results) - len(failed)} of {len(results)} checks held", highlight=False)
    for check in failed:
        console.print(f"  FAILED: {check.what}: {check.found}, not {check.expected}", style="red", markup=False)
    for what, found in checks.facts(simulator):
        console.print(f"  {what:36} {found}", highlight=False)
    return not failed
