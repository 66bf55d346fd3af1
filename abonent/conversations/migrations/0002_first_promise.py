"""What was promised for the first answer stays, so that it is known whether it was kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]

    operations = [
        migrations.AddField("conversation", "first_answer_by", models.DateTimeField(null=True)),
        migrations.RunSQL(
            "update conversations_conversation set first_answer_by = answer_by"
            " where answered_at is null and answer_by is not null",
            migrations.RunSQL.noop,
        ),
    ]
