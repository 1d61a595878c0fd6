from django.apps import AppConfig


class UkuConfig(AppConfig):
    name = "uku"
    label = "uku"
