from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "abonent.core"
    label = "core"

    def ready(self) -> None:
        from abonent.core import db

        db.leave_parents_connections()
