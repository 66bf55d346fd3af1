"""Lines are found by a MAC that was seen and by the address of a session."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("network", "0004_faster")]

    operations = [
        migrations.AddIndex(
            model_name="accesssession", index=models.Index(fields=["address"], name="network_session_address")
        ),
        migrations.AddIndex(model_name="sighting", index=models.Index(fields=["mac"], name="network_sighting_mac")),
    ]
