from django.apps import AppConfig


class FortnoxConfig(AppConfig):
    name = "uku.integrations.fortnox"
    label = "fortnox"

    def ready(self) -> None:
        from uku.integrations.fortnox.connection.resume import resume_after_plan_change, resume_restored
        from uku.integrations.fortnox.integration import FortnoxIntegration
        from uku.integrations.fortnox.invoices.cancel import queue_cancellation
        from uku.integrations.fortnox.invoices.credit import queue_credit
        from uku.integrations.fortnox.invoices.delivery import queue_delivery, read_back_now
        from uku.integrations.fortnox.invoices.queue import queue_export
        from uku.integrations.fortnox.payments.sync import read_marked
        from uku.integrations.fortnox.statistics.choice import count_opened_months
        from uku.integrations.fortnox.tokens.encryption import register_for_rotation
        from uku.integrations.fortnox.tokens.grant_state import GrantRestored
        from uku.integrations.registry import register
        from uku.invoices.cancel import CancellationAsked
        from uku.invoices.credit import CreditNoteIssued
        from uku.invoices.deliveries import LedgerAsked
        from uku.invoices.operations import InvoiceIssued
        from uku.invoices.paid_mark import PaidMarkChanged
        from uku.invoices.reminders import ReadingAsked
        from uku.kit.events import subscribe
        from uku.tasks.summaries import MonthsOpened
        from uku.workspaces.operations import PlanChanged

        register(FortnoxIntegration())
        register_for_rotation()
        subscribe(InvoiceIssued, queue_export)
        subscribe(CreditNoteIssued, queue_credit)
        subscribe(CancellationAsked, queue_cancellation)
        subscribe(LedgerAsked, queue_delivery)
        subscribe(ReadingAsked, read_back_now)
        subscribe(PaidMarkChanged, read_marked)
        subscribe(MonthsOpened, count_opened_months)
        subscribe(PlanChanged, resume_after_plan_change)
        subscribe(GrantRestored, resume_restored)
