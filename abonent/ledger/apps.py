from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "abonent.ledger"
    label = "ledger"
