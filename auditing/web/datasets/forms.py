"""What is asked on the pages of collections, batches and items."""

from typing import Any

from django import forms
from django.conf import settings

from auditing.accounts.models import User
from auditing.datasets.models import Batch, Collection, Producer
from auditing.web.forms import FilterForm

SEPARATOR = "="


class CollectionForm(forms.Form):
    name = forms.CharField(max_length=120)
    description = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="What is collected, and what for."
    )


class SearchFilter(FilterForm):
    search = forms.CharField(
        label="Search", widget=forms.TextInput(attrs={"type": "search", "data-key": "/"})
    )


class AccessForm(forms.Form):
    user = forms.ModelChoiceField(User.objects.none(), label="Person", empty_label="Choose a person")
    producer = forms.ModelChoiceField(
        Producer.objects.none(),
        required=False,
        label="Delivers for",
        empty_label="–",
        help_text="For a vendor: whose batches she sees and delivers.",
    )

    def __init__(self, collection: Collection, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(access__collection=collection)
        self.fields["user"].queryset = people.order_by("username")  # type: ignore[attr-defined]
        self.fields["producer"].queryset = collection.producers.all()  # type: ignore[attr-defined]


class ItemFilter(FilterForm):
    """Which items of a batch: by producer, by one slice's value, by a part of the id."""

    producer = forms.ChoiceField()
    slice = forms.ChoiceField()
    search = forms.CharField(label="Id", widget=forms.TextInput(attrs={"type": "search", "data-key": "/"}))

    def __init__(
        self,
        *args: Any,
        batch: Batch,
        slice_values: dict[str, list[str]],
        with_producers: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        producers = batch.collection.producers.filter(items__batch=batch).distinct()
        self.fields["producer"].choices = [  # type: ignore[attr-defined]
            ("", "All"),
            *((str(producer.pk), producer.name) for producer in producers),
        ]
        self.fields["slice"].choices = [  # type: ignore[attr-defined]
            ("", "All"),
            *(
                (name, [(f"{name}{SEPARATOR}{value}", value) for value in values])
                for name, values in slice_values.items()
            ),
        ]
        if not with_producers:
            del self.fields["producer"]


class DataFileInput(forms.ClearableFileInput):
    """Complains in the browser of a file that the server would refuse for its size, before it is sent."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(
            name, value, {**(attrs or {}), "data-most-bytes": settings.UPLOAD_MAX_BYTES}
        )


class UploadForm(forms.Form):
    file = forms.FileField(
        help_text="JSONL or CSV (each may be .gz), or Parquet; one row an item.",
        widget=DataFileInput(attrs={"accept": ".jsonl,.ndjson,.csv,.gz,.parquet"}),
        max_length=300,
    )


class DeliveryForm(forms.Form):
    """What the batch is to be called, and what happens to bad rows."""

    batch_name = forms.CharField(max_length=160, label="Name of the batch")
    made_by = forms.CharField(
        max_length=200,
        required=False,
        label="Producer of the batch",
        help_text="Who made the rows that name no producer themselves.",
    )
    skip_bad = forms.BooleanField(
        required=False,
        label="Import the good rows even if some are bad",
        help_text="The bad ones are kept as a file to mend. Otherwise one bad row stops the import.",
    )
    keep_as = forms.CharField(
        max_length=120,
        required=False,
        label="Keep this mapping as",
        help_text="For the next file of this kind.",
    )


class RatingsUploadForm(forms.Form):
    file = forms.FileField(
        label="Ratings file",
        help_text="CSV or JSONL (each may be .gz), one row an opinion: item_id, rater, rater_kind, criterion, value.",
        widget=DataFileInput(attrs={"accept": ".csv,.jsonl,.ndjson,.gz"}),
        max_length=300,
    )
