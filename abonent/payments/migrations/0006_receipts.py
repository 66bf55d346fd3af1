"""Receipts of 54-FZ."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("payments", "0005_desk")]

    operations = []
