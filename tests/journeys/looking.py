"""What a machine can see on a page: accessibility rules, sideways scrolling, the way of the Tab key."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from tests.journeys.conftest import SCREENSHOTS

WIDTHS = (320, 390, 1280)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# Evaluated over the browser's own channel, so the page's security policy stays in force for everything else.
RUN_AXE = """async rules => {
  const found = await axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', values: rules } });
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
# How the stop shows that it has the focus: an outline of its own or of what it draws over its row.
HERE = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const shown = [null, '::after'].map(part => getComputedStyle(here, part))
    .some(style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
  return { stop: here.dataset.stop === undefined ? here.outerHTML.slice(0, 120) : Number(here.dataset.stop), shown };
}"""
# Focus on the whole, so that Tab begins at its first control whatever has the focus now.
TO_THE_TOP = """scope => {
  scope.tabIndex = -1;
  scope.focus({ preventScroll: true });
  scope.removeAttribute('tabindex');
}"""
MOST_STOPS = 250


def axe_violations(page: Any) -> list[str]:
    """Return what breaks WCAG 2.1 A and AA or axe's best practice, as "rule: place"."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(RUN_AXE, RULES))


def assert_axe_clean(page: Any) -> None:
    """Look in light and in dark."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if violations := axe_violations(page):
            found[scheme] = violations
    page.emulate_media(color_scheme=None)
    assert found == {}, page.url


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
    met, hidden = [], []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if met and here is not None and here["stop"] == met[-1]:
            continue  # a date is one control with several places inside
        if here is None or here["stop"] in met:
            break
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


def picture(page: Any, name: str) -> None:
    """Picture the page at two widths, in light and dark, for a person to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    before = page.viewport_size
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # not in the middle of a transition
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme=None, reduced_motion=None)
    page.set_viewport_size(before)
