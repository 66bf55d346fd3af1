"""What guards a person's own sign-in: second factors, sessions, steps up."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("identity", "0002_roles")]

    operations = []
