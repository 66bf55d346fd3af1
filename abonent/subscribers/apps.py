from django.apps import AppConfig


class SubscribersConfig(AppConfig):
    name = "abonent.subscribers"
    label = "subscribers"
