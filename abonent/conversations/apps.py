from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "abonent.conversations"
    label = "conversations"
