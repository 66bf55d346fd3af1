"""Who works with debtors: of the built-in roles those that correct money."""

from django.db import migrations

PERMISSION = 'debtors.work'


def grant(apps, schema_editor):
    Role = apps.get_model('identity', 'Role')
    for role in Role.objects.filter(code__in=('accountant', 'admin')):
        role.permissions = sorted({*role.permissions, PERMISSION})
        role.save(update_fields=['permissions'])


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0008_second_yes'),
    ]

    operations = [
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
