import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("addresses", "0001_initial")]

    operations = [
        CreateExtension("fuzzystrmatch"),  # comes with PostgreSQL; the database's owner may create it
        migrations.RemoveConstraint("building", "addresses_building_once"),
        migrations.AddField("building", "stroenie", models.CharField(blank=True, db_default="", max_length=20)),
        migrations.AddField("building", "liter", models.CharField(blank=True, db_default="", max_length=20)),
        migrations.AddField("building", "number_key", models.CharField(db_default="", max_length=90)),
        migrations.AddField("building", "entrances", models.PositiveSmallIntegerField(null=True)),
        migrations.AddConstraint(
            "building",
            models.UniqueConstraint(
                fields=["settlement", "street", "house", "korpus", "stroenie", "liter"], name="addresses_building_once"
            ),
        ),
        migrations.CreateModel(
            "Street",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("settlement", models.CharField(max_length=120)),
                ("street", models.CharField(max_length=160)),
                ("words", django.contrib.postgres.fields.ArrayField(models.CharField(max_length=160))),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["settlement", "street"], name="addresses_street_once")
                ],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="addresses_street_words")
                ],
            },
        ),
        migrations.CreateModel("Word", [("word", models.CharField(max_length=160, primary_key=True, serialize=False))]),
    ]
