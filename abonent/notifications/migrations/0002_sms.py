"""What is kept of a message sent by SMS, and secrets that are sealed until they are sent."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField("notice", "to_address", models.CharField(blank=True, db_default="", max_length=254)),
        migrations.AddField("notice", "secret", models.TextField(blank=True, db_default="")),
        migrations.AddField("notice", "not_after", models.DateTimeField(null=True)),
        migrations.AddField("notice", "gateway_id", models.CharField(blank=True, db_default="", max_length=64)),
        migrations.AddField("notice", "delivered_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "notice",
            models.Index(
                condition=models.Q(("gateway_id", ""), _negated=True),
                fields=["gateway_id"],
                name="notifications_gateway",
            ),
        ),
        migrations.AddConstraint(
            "notice",
            models.CheckConstraint(
                condition=models.Q(("state", "queued"), ("secret", ""), _connector="OR"),
                name="notifications_secret_is_gone",
            ),
        ),
    ]
