from django.db import migrations, models

MOST_AUDITS = 30  # earlier ones that were pooled


def count_what_was_pooled(apps, schema_editor):
    """Of each audit's experience: itself, and the earlier ones of other batches whose labels it took in."""
    Experience = apps.get_model("estimation", "Experience")
    for one in Experience.objects.select_related("audit__batch").defer("examples").iterator():
        earlier = Experience.objects.filter(
            audit__batch__collection=one.audit.batch.collection_id,
            audit__opened_at__lt=one.audit.opened_at,
            criterion=one.criterion,
            estimand=one.estimand,
        ).exclude(audit__batch=one.audit.batch_id)
        Experience.objects.filter(pk=one.pk).update(pooled_audits=1 + min(MOST_AUDITS, earlier.count()))


class Migration(migrations.Migration):

    dependencies = [
        ('estimation', '0004_figures_in_full'),
    ]

    operations = [
        migrations.AddField(
            model_name='experience',
            name='pooled_audits',
            field=models.PositiveIntegerField(default=1),
            preserve_default=False,
        ),
        migrations.RunPython(count_what_was_pooled, migrations.RunPython.noop, elidable=True),
    ]
