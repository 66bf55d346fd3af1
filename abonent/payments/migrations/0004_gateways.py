"""What terminals and agents ask."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("payments", "0003_cards")]

    operations = []
