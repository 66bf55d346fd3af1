"""Bound cards and autopay."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("payments", "0002_channels")]

    operations = []
