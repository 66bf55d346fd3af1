from django.apps import AppConfig


class AddressesConfig(AppConfig):
    name = "abonent.addresses"
    label = "addresses"
