"""A cashier takes back the cash of his own open shift; the second yes; sums that a role moves alone."""

from django.db import migrations

GIVEN = {
    "money.take_back_own_cash": ("cashier", "accountant", "admin"),
    "money.second_yes": ("accountant", "admin"),
}
MOST_KOP = {"cashier": 15_000_00, "support": 5_000_00}


def give(apps, schema_editor):
    Role = apps.get_model("identity", "Role")
    for role in Role.objects.all():
        more = {one for one, codes in GIVEN.items() if role.code in codes}
        role.permissions = sorted({*role.permissions, *more})
        if role.most_kop is None:
            role.most_kop = MOST_KOP.get(role.code)
        role.save()


class Migration(migrations.Migration):
    dependencies = [("identity", "0007_moves")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
