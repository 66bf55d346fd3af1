from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "abonent.flows"
    label = "flows"
