"""A role has a largest sum that one act of its may move; none by default."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0005_app_tokens")]

    operations = [
        migrations.AddField("role", "most_kop", models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            "role",
            models.CheckConstraint(
                condition=models.Q(most_kop__isnull=True) | models.Q(most_kop__gt=0), name="identity_role_limit_positive"
            ),
        ),
    ]
