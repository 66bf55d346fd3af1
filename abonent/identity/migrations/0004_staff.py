"""What the staff's workplace keeps of its people."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("identity", "0003_security")]

    operations = []
