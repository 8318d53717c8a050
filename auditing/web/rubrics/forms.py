"""Forms about rubrics as a whole; a rubric's content has its editor."""

from django import forms
from django.core.validators import RegexValidator

from auditing.rubrics.schema import NAME
from auditing.web.forms import FilterForm

MAX_FILE = 2 * 1024 * 1024


class NameField(forms.CharField):
    """A name that can stand in an address and in a file."""

    def __init__(self, help_text: str) -> None:
        rule = RegexValidator(
            f"^{NAME.pattern}$", "Use small letters, digits, - and _, a letter or digit first."
        )
        super().__init__(max_length=120, validators=[rule], help_text=help_text)


class RubricFilter(FilterForm):
    search = forms.CharField(widget=forms.TextInput(attrs={"data-key": "/"}))
    archived = forms.BooleanField(label="Show archived")


class NewRubricForm(forms.Form):
    name = NameField("Small letters, digits and dashes, for example answer-correctness. It stays for good.")
    description = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="What is judged, and what for."
    )


class ImportForm(forms.Form):
    """A YAML file, chosen or pasted."""

    file = forms.FileField(required=False, label="YAML file")
    text = forms.CharField(
        required=False,
        label="or its text",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "data-code": True, "spellcheck": "false"}),
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size > MAX_FILE:
            raise forms.ValidationError("The file is larger than 2 MB.")
        try:
            return str(file.read().decode("utf-8"))
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is not UTF-8 text.") from None

    def clean(self) -> None:
        super().clean()
        if not self.errors and not self.text_given:
            raise forms.ValidationError("Choose a file or paste its text.")

    @property
    def text_given(self) -> str:
        return str(self.cleaned_data.get("file") or self.cleaned_data.get("text") or "")

    @property
    def file_name(self) -> str:
        file = self.files.get("file")
        return str(file.name) if file else ""
