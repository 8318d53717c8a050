"""Filters and the form of a schedule."""

from typing import Any

from django import forms
from django.conf import settings

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.models import VersionState
from auditing.datasets.models import Collection
from auditing.datasets.selectors import collections_visible_to
from auditing.pipeline.models import Schedule, Trigger
from auditing.pipeline.schedules import Timing
from auditing.sops.models import Sop
from auditing.sops.selectors import sops_visible_to
from auditing.web.forms import FilterForm, MomentField

CRONTAB_HELP = (
    f"Minute, hour, day of month, month, day of week, in {settings.TIME_ZONE}. "
    "30 6 * * mon is every Monday at 06:30; 0 2 * * * every night at 02:00."
)


class ScheduleFilter(FilterForm):
    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label="All collections")
    show = forms.ChoiceField(choices=[("", "In use"), ("archived", "Archived")])

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["collection"].queryset = collections_visible_to(user, Permission.SCHEDULE)  # type: ignore[attr-defined]


class SopChoice(forms.ModelChoiceField):
    def label_from_instance(self, sop: Sop) -> str:
        return f"{sop.collection}: {sop.name}"


class ScheduleForm(forms.Form):
    """What to audit and when; which fields a trigger needs is checked by the service."""

    name = forms.CharField(max_length=120)
    sop = SopChoice(
        None, label="SOP", empty_label="Choose an SOP", help_text="Its newest version when it runs."
    )
    trigger = forms.ChoiceField(label="When", choices=Trigger.choices)
    at = MomentField(label="Time", required=False, help_text=f"For a single time, in {settings.TIME_ZONE}.")
    crontab = forms.CharField(
        label="Repeats",
        required=False,
        help_text=CRONTAB_HELP,
        widget=forms.TextInput(
            attrs={"list": "repeats", "autocomplete": "off", "placeholder": "0 6 * * mon"}
        ),
    )

    def __init__(self, data: Any, *, user: User, schedule: Schedule | None = None) -> None:
        super().__init__(data, initial=_initial(schedule) if schedule else None)
        sops = sops_visible_to(user, Permission.SCHEDULE).filter(archived_at=None)
        if schedule is not None:
            sops = sops.filter(collection=schedule.collection)
        published = sops.filter(versions__state=VersionState.PUBLISHED).values("pk")
        self.fields["sop"].queryset = Sop.objects.filter(pk__in=published).select_related("collection")  # type: ignore[attr-defined]

    def timing(self) -> Timing:
        given = self.cleaned_data
        return Timing(Trigger(given["trigger"]), at=given["at"], crontab=given["crontab"])


def _initial(schedule: Schedule) -> dict[str, Any]:
    return {
        "name": schedule.name,
        "sop": schedule.sop_id,
        "trigger": schedule.trigger,
        "at": schedule.at,
        "crontab": schedule.crontab,
    }
