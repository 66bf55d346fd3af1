"""Included traffic and what comes after it."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("catalog", "0002_per_day")]

    operations = []
