"""How an invoice stands on its way to Fortnox: as a badge in lists, and as a panel with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from uku.integrations.fortnox.connection.working import works
from uku.integrations.fortnox.health.explanations import Context, explain
from uku.integrations.fortnox.models import Connection, Push, PushState
from uku.integrations.registry import Action, Badge, Panel
from uku.invoices.models import Invoice


def badges_of(invoices: Sequence[Invoice]) -> Mapping[int, Badge]:
    held = _is_held()
    return {push.invoice_id: _push_badge(push, held=held) for push in Push.objects.filter(invoice__in=invoices)}


def panels_of(invoice: Invoice) -> Sequence[Panel]:
    pushes = Push.objects.filter(invoice=invoice).select_related("invoice", "workspace")
    return [_push_panel(push, held=_is_held()) for push in pushes]


def _is_held() -> bool:
    """Say whether nothing is sent now: off, disconnected, waiting for a person, or a plan without integrations."""
    connection = Connection.objects.select_related("workspace").first()
    return connection is None or not works(connection)


def _push_badge(push: Push, *, held: bool) -> Badge:
    if held and push.state == PushState.QUEUED:
        return Badge(_("Held"), "neutral")
    if push.state == PushState.CONFIRMED:
        words = _("In Fortnox %(number)s, booked") if push.booked else _("In Fortnox %(number)s, not booked")
        return Badge(words % {"number": push.document_number}, "good")
    return {
        PushState.QUEUED: Badge(_("Waiting for number from Fortnox"), "moving"),
        PushState.SENDING: Badge(_("Sending"), "moving"),
        PushState.UNCERTAIN: Badge(_("Outcome unknown"), "warning"),
        PushState.REJECTED: Badge(_("Rejected"), "bad"),
        PushState.NEEDS_PERSON: Badge(_("Needs a decision"), "warning"),
    }[PushState(push.state)]


def _push_panel(push: Push, *, held: bool) -> Panel:
    facts = [(_("Our reference"), push.reference)]
    if push.document_number:
        facts.append((_("Number"), push.document_number))
    if push.voucher:
        facts.append((_("Voucher"), push.voucher))
    if push.text_changes:
        facts.append((_("Signs Fortnox does not take"), push.text_changes))
    happened, means, remedy = _push_trouble(push)
    return Panel(
        "Fortnox",
        _push_badge(push, held=held),
        tuple(facts),
        happened,
        means,
        remedy,
        quoted=_quoted(push, happened),
        actions=() if held else _push_actions(push),
    )


def _quoted(push: Push, happened: str) -> str:
    """Fortnox's own words and code; a refusal that came without words is told by ours alone."""
    if not push.error_code:
        return ""
    return push.error_code if push.error_text == happened else f"{push.error_text} ({push.error_code})"


def _push_trouble(push: Push) -> tuple[str, str, str]:
    """What happened, what it means, what to do; three empty texts when nothing is wrong."""
    if push.state == PushState.UNCERTAIN:
        return (
            _("Fortnox did not answer in time."),
            _("The invoice may or may not be there, so it is not sent again."),
            _("Nothing: Uku looks for it in Fortnox by our reference and tells you here."),
        )
    if push.state == PushState.NEEDS_PERSON:
        remedy = _("Look at the invoice in Fortnox. Then press Look again, which sends nothing.")
        return push.error_text, _("Uku does not send it again by itself."), remedy
    if not push.error_text:
        return "", "", ""
    if not push.error_code:
        return push.error_text, _("Nothing was created in Fortnox; the invoice waits here."), ""
    context = Context.BOOKING if push.state == PushState.CONFIRMED else Context.INVOICE
    words = explain(push.error_code, push.error_text, context)
    return words.happened, words.means, words.remedy


def _push_actions(push: Push) -> tuple[Action, ...]:
    url = reverse("fortnox:retry", kwargs={"slug": push.workspace.slug, "pk": push.pk})
    if push.state == PushState.REJECTED:
        return (Action(_("Send to Fortnox"), url, primary=True),)
    if push.state == PushState.NEEDS_PERSON:
        return (Action(_("Look again"), url, primary=True),)
    if push.state == PushState.CONFIRMED and not push.booked and push.error_text:
        return (Action(_("Book in Fortnox"), url, primary=True),)
    return ()
