"""What a payment at a terminal writes in fewer steps."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("payments", "0006_receipts")]

    operations = []
