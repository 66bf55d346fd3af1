from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscribers', '0002_closed_on'),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='registered_address',
            field=models.CharField(blank=True, db_default='', default='', max_length=300),
        ),
    ]
