from django.apps import AppConfig


class FortnoxConfig(AppConfig):
    name = "uku.integrations.fortnox"
    label = "fortnox"

    def ready(self) -> None:
        from uku.integrations.fortnox.connection import shelves
        from uku.integrations.fortnox.offer import FortnoxIntegration
        from uku.integrations.fortnox.plans import take_up_again
        from uku.integrations.fortnox.pushing import queue_push
        from uku.integrations.registry import register
        from uku.invoices.operations import InvoiceIssued
        from uku.kit.events import subscribe
        from uku.workspaces.operations import PlanChanged

        register(FortnoxIntegration())
        shelves.register()
        subscribe(InvoiceIssued, queue_push)
        subscribe(PlanChanged, take_up_again)
