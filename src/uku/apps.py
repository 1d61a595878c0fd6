from django.apps import AppConfig


class UkuConfig(AppConfig):
    name = "uku"
    label = "uku"

    def ready(self) -> None:
        from uku.kit import rotation
        from uku.workspaces.factors import FactorShelf

        rotation.register("second factors", FactorShelf())
