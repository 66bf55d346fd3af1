"""Codes and one-time passwords that were sent to somebody."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("identity", "0002_roles")]

    operations = [
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("password", "Password"), ("phone", "Phone"), ("email", "Email")], max_length=8
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                ("secret_hash", models.BinaryField(max_length=32)),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("wrong_tries", models.PositiveSmallIntegerField(default=0)),
                ("used_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("user", "purpose"), name="identity_code_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("used_at", None), ("ended_at__isnull", False), _connector="OR"),
                        name="identity_code_used_is_ended",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("wrong_tries__lte", 5)), name="identity_code_five_tries"
                    ),
                ],
            },
        ),
    ]
