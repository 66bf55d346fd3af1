from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "abonent.ui"
    label = "ui"
