from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='contract',
            name='closed_on',
            field=models.DateField(null=True),
        ),
    ]
