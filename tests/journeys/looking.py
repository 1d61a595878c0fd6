"""What a machine can see on a page: accessibility rules, sideways scrolling, the way of the Tab key."""

from __future__ import annotations

import os
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from tests.journeys.conftest import SCREENSHOTS

WIDTHS = (320, 390, 1280)
ALL_RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
RULES_OF_COLOUR = {"type": "rule", "values": ["color-contrast"]}  # all that another colour scheme can break
# Evaluated over the browser's own channel, so the page's security policy stays in force for everything else.
RUN_AXE = """async rules => {
  const found = await axe.run(document, { resultTypes: ['violations'], runOnly: rules });
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}`));
}"""
# What Tab reaches, in the order of the document; of radio buttons with one name it reaches one.
STOPS = """scope => {
  const seen = new Set();
  return [...scope.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex], [contenteditable]')].filter(stop => {
    if (stop.tabIndex < 0 || stop.disabled || stop.type === 'hidden' || stop.closest('[inert]')) return false;
    if (!stop.checkVisibility({ visibilityProperty: true })) return false;
    const closed = stop.closest('details:not([open])');
    if (closed && !stop.closest('summary')) return false;
    if (stop.type === 'radio') { if (seen.has(stop.name)) return false; seen.add(stop.name); }
    return true;
  }).map((stop, i) => {
    stop.dataset.stop = i;
    return `${stop.localName} ${stop.ariaLabel || stop.innerText || stop.name}`.trim();
  });
}"""
# Each stop that gets the focus, and whether it shows it: an outline of its own or of what it draws over its row.
NOTE_FOCUS = """scope => {
  [window.focused, window.focusScope] = [[], scope];
  if (window.notesFocus) return;
  window.notesFocus = true;
  document.addEventListener('focusin', event => {
    const here = event.target;
    if (!focusScope.contains(here)) { focused.push(null); return; }
    const shown = [null, '::after'].map(part => getComputedStyle(here, part))
      .some(style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
    const stop = here.dataset.stop === undefined ? here.outerHTML.slice(0, 120) : Number(here.dataset.stop);
    focused.push({ stop, shown });
  });
}"""
# A date or a time is one control with several places inside.
PLACES_INSIDE = """scope => 4 * scope.querySelectorAll('input:is([type=date], [type=month], [type=time])').length"""
# Focus on the whole, so that Tab begins at its first control whatever has the focus now.
TO_THE_TOP = """scope => {
  scope.tabIndex = -1;
  scope.focus({ preventScroll: true });
  scope.removeAttribute('tabindex');
}"""


def axe_violations(page: Any, rules: Any = ALL_RULES) -> list[str]:
    """Return what breaks WCAG 2.1 A and AA or axe's best practice, as "rule: place"."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(RUN_AXE, rules))


def violations_by_scheme(page: Any) -> dict[str, list[str]]:
    """Look at everything in light, and in dark at the colours; return what is found, by scheme."""
    found = {}
    for scheme, rules in (("light", ALL_RULES), ("dark", RULES_OF_COLOUR)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if violations := axe_violations(page, rules):
            found[scheme] = violations
    page.emulate_media(color_scheme=None, reduced_motion=None)
    return found


def assert_axe_clean(page: Any) -> None:
    assert violations_by_scheme(page) == {}, page.url


def sideways(page: Any) -> dict[int, int]:
    """Return by how many pixels the page scrolls sideways, for the widths at which it does."""
    found = {}
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        box = page.evaluate(
            "[...document.querySelectorAll('dialog[open], .dialog__body')].map(b => b.scrollWidth - b.clientWidth)"
        )
        if over := max([over, *box]):
            found[width] = over
    page.set_viewport_size(before)
    return found


def assert_no_sideways_scroll(page: Any) -> None:
    assert sideways(page) == {}, page.url


def tab_through(page: Any, scope: str = "body") -> tuple[list[str], list[str]]:
    """Press Tab from the top until the focus leaves; return (stops passed by or out of order, stops without a sign).

    Every control must be reached once, in the order of the document, and show that it has the focus.
    """
    stops = page.eval_on_selector(scope, STOPS)
    page.eval_on_selector(scope, TO_THE_TOP)
    page.eval_on_selector(scope, NOTE_FOCUS)
    for _ in range(len(stops) + page.eval_on_selector(scope, PLACES_INSIDE) + 1):
        page.keyboard.press("Tab")
    met, hidden = [], []
    for here in page.evaluate("focused"):
        if here is None or here["stop"] in met:
            break  # out of the scope, or around once
        met.append(here["stop"])
        if not here["shown"]:
            hidden.append(str(here["stop"] if isinstance(here["stop"], str) else stops[here["stop"]]))
    wrong = [str(stop) for stop in met if isinstance(stop, str)]
    reached = [stop for stop in met if isinstance(stop, int)]
    wrong += [stops[stop] for stop in range(len(stops)) if stop not in reached]
    if reached != sorted(reached):
        wrong.append(f"order {reached}")
    return wrong, hidden


def assert_keyboard_reaches_everything(page: Any, scope: str = "body") -> None:
    wrong, hidden = tab_through(page, scope)
    assert (wrong, hidden) == ([], []), page.url


def troubles_of(page: Any) -> list[str]:
    """Return all that a machine can see wrong with the page, at three widths and in both schemes."""
    found = [f"sideways by {by} at {width}" for width, by in sideways(page).items()]
    return found + [f"{scheme}: {each}" for scheme, some in violations_by_scheme(page).items() for each in some]


def look(page: Any, name: str) -> list[str]:
    """Picture the page for a person, and return what a machine sees wrong with it.

    The caller has awaited something of the page: after a click the one before is still there for a moment.
    """
    picture(page, name)
    return troubles_of(page)


def picture(page: Any, name: str) -> None:
    """Picture the page at two widths, in light and dark, for a person to look at. Nobody looks in CI."""
    if os.environ.get("CI"):
        return
    SCREENSHOTS.mkdir(exist_ok=True)
    before = page.viewport_size
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # not in the middle of a transition
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme=None, reduced_motion=None)
    page.set_viewport_size(before)
