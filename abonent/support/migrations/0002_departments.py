"""Prepared answers by department; topics, hours and promises of departments as the staff set them."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("support", "0001_initial")]

    operations = [
        migrations.AddField(
            "answer", "department", models.CharField(blank=True, db_default="", default="", max_length=40)
        ),
        migrations.CreateModel(
            name="DepartmentWork",
            fields=[
                ("key", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                (
                    "topics",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), default=list, size=None
                    ),
                ),
                ("open", models.JSONField(default=list)),
                ("hours_ru", models.CharField(blank=True, max_length=120)),
                ("hours_en", models.CharField(blank=True, max_length=120)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("chat_minutes", models.PositiveSmallIntegerField()),
                ("letter_hours", models.PositiveSmallIntegerField()),
            ],
        ),
    ]
