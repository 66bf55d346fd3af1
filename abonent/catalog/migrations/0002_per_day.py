from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('catalog', '0001_initial')]

    operations = [
        migrations.AlterField(
            model_name='offerversion',
            name='charging',
            field=models.CharField(choices=[('month', 'Month'), ('day', 'Day'), ('per_day', 'Per Day'), ('once', 'Once')], max_length=8),
        ),
    ]
