"""Tasks are found by their title without accents and case, as clients are by their name."""

from django.db import migrations, models


def fill(apps, _schema_editor):
    from uku.clients.names import for_search

    tasks = apps.get_model("uku", "Task").everywhere
    for pk, title in tasks.values_list("pk", "title").iterator():
        tasks.filter(pk=pk).update(title_search=for_search(title))


class Migration(migrations.Migration):

    dependencies = [
        ('uku', '0027_working_tasks'),
    ]

    operations = [
        migrations.AddField(
            model_name='task',
            name='title_search',
            field=models.CharField(db_default='', default='', editable=False, max_length=200),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
