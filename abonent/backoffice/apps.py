from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "abonent.backoffice"
    label = "backoffice"
