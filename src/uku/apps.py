from django.apps import AppConfig


class UkuConfig(AppConfig):
    name = "uku"
    label = "uku"

    def ready(self) -> None:
        # Imported here: models exist only once every app is loaded.
        from uku.kit import rotation
        from uku.workspaces.factors import FactorStore

        rotation.register("second factors", FactorStore())
