"""The built-in roles of those who go out to subscribers may do so."""

from django.db import migrations

GOES_OUT = ("engineer", "admin")
PERMISSION = "visits.do"


def grant(apps, schema_editor):
    Role = apps.get_model("identity", "Role")
    for role in Role.objects.filter(code__in=GOES_OUT):
        if PERMISSION not in role.permissions:
            role.permissions = sorted([*role.permissions, PERMISSION])
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):

    dependencies = [("identity", "0003_security")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
