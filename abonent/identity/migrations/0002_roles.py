"""The built-in roles, as data. An operator may change them and add his own; a later start leaves them alone."""

import tomllib
from pathlib import Path

from django.db import migrations


def create_roles(apps, schema_editor):
    Role = apps.get_model('identity', 'Role')
    roles = tomllib.loads(Path(__file__).with_suffix('.toml').read_text(encoding='utf-8'))
    for code, role in roles.items():
        names = {f'name_{language}': name for language, name in role['name'].items()}
        Role.objects.get_or_create(code=code, defaults={**names, 'permissions': sorted(role['permissions'])})


class Migration(migrations.Migration):

    dependencies = [
        ('identity', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
