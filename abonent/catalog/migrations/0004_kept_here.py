"""Tariffs kept by the staff: versions announced, made by somebody, withdrawn before their day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_used_up")]

    operations = [
        migrations.AddField("offer", "kept_here", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("offerversion", "moves_all", models.BooleanField(db_default=False, default=False)),
        migrations.AddField(
            "offerversion", "made_by", models.CharField(blank=True, db_default="", default="", max_length=150)
        ),
        migrations.AddField("offerversion", "made_at", models.DateTimeField(null=True)),
        migrations.AddField("offerversion", "why", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("offerversion", "withdrawn_at", models.DateTimeField(null=True)),
    ]
