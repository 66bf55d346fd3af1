"""Phones and e-mails confirmed by a code."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("subscribers", "0003_registered_address")]

    operations = []
