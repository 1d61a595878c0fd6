from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uku", "0008_articles_of_companies")]
    operations = [
        migrations.AddField(
            model_name="invoice",
            name="ledger",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="the accounting system's company that gives the number; empty when Uku does",
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="numberseries",
            name="next_number",
            field=models.PositiveBigIntegerField(default=900000001),
        ),
    ]
