from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "uku.web"
    label = "web"
