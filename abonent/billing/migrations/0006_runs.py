"""Who let a run go on."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0005_policies")]

    operations = []
