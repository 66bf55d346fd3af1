"""Reports have permissions of their own: of subscribers and requests, of the desk, of traffic; of money as before."""

from django.db import migrations

GIVEN = (
    ("reports.subscribers", ["manager", "accountant", "admin"]),
    ("reports.desk", ["manager", "admin"]),
    ("reports.traffic", ["engineer", "admin"]),
)


def give(apps, schema_editor):
    roles = apps.get_model("identity", "Role").objects
    for permission, codes in GIVEN:
        for role in roles.filter(code__in=codes).exclude(permissions__contains=[permission]):
            if "reports.view" in role.permissions or "network.manage" in role.permissions:
                role.permissions = [*role.permissions, permission]
                role.save()


class Migration(migrations.Migration):
    dependencies = [("identity", "0009_debtors")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
