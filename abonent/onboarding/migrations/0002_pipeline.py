"""Requests on their way to a contract: who holds them, calls, visits, what was done."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("onboarding", "0001_initial")]

    operations = []
