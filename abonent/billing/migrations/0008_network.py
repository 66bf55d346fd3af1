"""What the network asks of billing."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0007_agreements")]

    operations = []
