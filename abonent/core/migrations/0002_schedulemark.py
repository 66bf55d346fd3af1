from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ScheduleMark",
            fields=[
                ("entry", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("done_on", models.DateField()),
            ],
        ),
    ]
