from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("adjudication", "0001_initial")]

    operations = [
        migrations.RemoveField("disagreement", "reason"),
        migrations.AddField(
            "disagreement",
            "kind",
            models.CharField(
                choices=[("differ", "Opinions differ"), ("cannot_assess", "Somebody could not assess it")],
                default="differ",
                max_length=20,
            ),
            preserve_default=False,
        ),
    ]
