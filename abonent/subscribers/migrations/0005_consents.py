"""Consents by purpose, their withdrawal, and a person's wish to have his data."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0004_contacts")]

    operations = []
