"""What changes, deferrals and overdue invoices keep."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("billing", "0006_runs")]

    operations = []
