"""Refunds, bank statements, the cash desk."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("payments", "0004_gateways")]

    operations = []
