"""Which channel a subscriber chose for which event."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("notifications", "0002_sms")]

    operations = []
