"""The administrator may import a provider and export everything."""

from django.db import migrations

PERMISSION = "data.move"


def grant(apps, schema_editor):
    for role in apps.get_model("identity", "Role").objects.filter(code="admin"):
        if PERMISSION not in role.permissions:
            role.permissions = sorted([*role.permissions, PERMISSION])
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):

    dependencies = [("identity", "0006_role_limits")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
