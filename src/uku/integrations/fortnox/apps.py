from django.apps import AppConfig


class FortnoxConfig(AppConfig):
    name = "uku.integrations.fortnox"
    label = "fortnox"

    def ready(self) -> None:
        from uku.integrations.fortnox.offer import FortnoxIntegration
        from uku.integrations.fortnox.pushing import queue_push
        from uku.integrations.registry import register
        from uku.invoices.operations import InvoiceIssued
        from uku.kit.events import subscribe

        register(FortnoxIntegration())
        subscribe(InvoiceIssued, queue_push)
