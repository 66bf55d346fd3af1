"""What is kept of a message sent by SMS."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("notifications", "0001_initial")]

    operations = []
