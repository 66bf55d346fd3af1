from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "abonent.notifications"
    label = "notifications"
