"""Judges, the runs that put them to work, their calls and their verdicts."""

from decimal import Decimal
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from auditing.audits.models import Audit
from auditing.core.fields import DocumentField
from auditing.core.models import DraftRevision, PublishedVersion
from auditing.datasets.models import Batch, Collection, Item
from auditing.judging.lifecycle import CallState, ParcelState, RunState, TrialState
from auditing.judging.schema import JudgeSpec, read_judge

CONFIRM_ABOVE = Decimal(20)  # US dollars


class Endpoint(models.Model):
    """An OpenAI-compatible endpoint. The one named `default` may be absent: then the environment's is used."""

    name = models.SlugField(max_length=80, unique=True)
    base_url = models.URLField(max_length=300)
    encrypted_key = models.TextField(blank=True)
    concurrency = models.PositiveIntegerField(default=32)
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_minute = models.PositiveIntegerField(null=True, blank=True)
    timeout_seconds = models.PositiveIntegerField(default=60)
    simulated = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What a model's tokens cost, in US dollars per million; editable."""

    model = models.CharField(max_length=200, unique=True)
    prompt_per_million = models.DecimalField(max_digits=12, decimal_places=6)
    completion_per_million = models.DecimalField(max_digits=12, decimal_places=6)

    class Meta:
        ordering = ["model"]

    def __str__(self) -> str:
        return self.model


class Judge(models.Model):
    name = models.SlugField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class JudgeVersion(PublishedVersion):
    """`content`: the architecture with its models, instructions and parameters (see `judging.schema`)."""

    judge = models.ForeignKey(Judge, models.CASCADE, related_name="versions")
    content = DocumentField()

    class Meta(PublishedVersion.Meta):
        ordering = ["-number", "-pk"]
        constraints = [
            *PublishedVersion.Meta.constraints,
            models.UniqueConstraint(fields=["judge", "number"], name="judging_version_number_once"),
            models.UniqueConstraint(fields=["judge"], condition=Q(state="draft"), name="judging_one_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.judge.name} {'draft' if self.is_draft else f'v{self.number}'}"

    @cached_property
    def spec(self) -> JudgeSpec:
        """What the content says. Raises BadInput for a draft that is not right yet."""
        return read_judge(self.content)


class JudgeDraftRevision(DraftRevision):
    """What a draft held at some time."""

    judge = models.ForeignKey(Judge, models.CASCADE, related_name="draft_revisions")
    content = DocumentField()


class Run(models.Model):
    """One judge version at work on one audit's judge sample."""

    audit = models.ForeignKey(Audit, models.CASCADE, related_name="runs")
    judge_version = models.ForeignKey(JudgeVersion, models.PROTECT, related_name="runs")
    fingerprint = models.CharField(
        max_length=64
    )  # of all that changes an answer: rubric, prompt, model, parameters
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    reason = models.TextField(blank=True)
    budget = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)  # US dollars
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # null: the command line, or a schedule
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "judge_version"], name="judging_run_once"),
            models.CheckConstraint(
                name="judging_paused_says_why", condition=~Q(state="paused") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.judge_version} on {self.audit}"

    @property
    def is_over(self) -> bool:
        return self.state in (RunState.FINISHED, RunState.CANCELLED)


class Call(models.Model):
    """One item put to one run's judge: the unit of work, claimed by compare-and-set, finished once."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="calls")
    item = models.ForeignKey(Item, models.PROTECT, related_name="calls")
    state = models.CharField(max_length=8, choices=CallState.choices, default=CallState.QUEUED)
    claim = models.UUIDField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    exchanges = DocumentField(default=list)  # the exact requests and responses, in order
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)  # null: no price known
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    suspicion = models.TextField(blank=True)  # why the item seems to address the judge

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "item"], name="judging_call_once")]
        indexes = [models.Index(fields=["run", "state", "id"])]  # the next to be claimed, without sorting


class Verdict(models.Model):
    """A judge's opinion on one criterion of one item, or the reason why there is none."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="verdicts")
    run = models.ForeignKey(Run, models.CASCADE, related_name="verdicts")
    item = models.ForeignKey(Item, models.PROTECT, related_name="verdicts")
    criterion = models.CharField(max_length=120)
    outcome = models.CharField(max_length=20)  # judges.contracts.Outcome
    value = models.TextField(blank=True)
    probability = models.FloatField(null=True, blank=True)
    probabilities = DocumentField(default=dict)  # of every value, where the judge gave them
    details = DocumentField(default=dict)  # how an answer of several calls came about
    rationale = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item", "criterion"], name="judging_verdict_once"),
            models.CheckConstraint(
                name="judging_scored_has_value",
                condition=(Q(outcome="scored") & ~Q(value="")) | (~Q(outcome="scored") & ~Q(reason="")),
            ),
        ]


class Parcel(models.Model):
    """Calls of a run that go to the provider's Batch API in one file. `key` is their claim, and the batch's mark."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="parcels")
    key = models.UUIDField(unique=True)
    state = models.CharField(max_length=8, choices=ParcelState.choices, default=ParcelState.PACKED)
    endpoint = models.CharField(max_length=80)
    provider_id = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField()  # calls
    completed = models.PositiveIntegerField(default=0)  # lines, as the provider said when last asked
    reason = models.TextField(blank=True)
    packed_at = models.DateTimeField(auto_now_add=True)
    held_at = models.DateTimeField(null=True, blank=True)  # a worker is at it since then
    tried_at = models.DateTimeField(null=True, blank=True)  # it may have been handed in since then
    sent_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="judging_sent_parcel_is_named", condition=~Q(state="sent") | ~Q(provider_id="")
            ),
        ]


class Reply(models.Model):
    """One answer of an endpoint, paid once: whoever asks the same about the same item gets it from here."""

    digest = models.CharField(max_length=64, primary_key=True)  # judges.contracts.Request.digest
    # null: a trial's item that came from elsewhere
    item = models.ForeignKey(Item, models.CASCADE, null=True, blank=True, related_name="replies")
    content = DocumentField()
    at = models.DateTimeField()


class CollectionBudget(models.Model):
    """What judging a collection's batches may cost, in US dollars. Without a row: no limit, and the default to confirm.

    `monthly` is hard, null for none; a start that will cost more than `confirm_above` asks a person first.
    """

    collection = models.OneToOneField(Collection, models.CASCADE, related_name="judging_budget")
    monthly = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    confirm_above = models.DecimalField(max_digits=12, decimal_places=2, default=CONFIRM_ABOVE)


ONE_SPENDER = (Q(run__isnull=False) & Q(trial__isnull=True)) | (Q(run__isnull=True) & Q(trial__isnull=False))


class Spending(models.Model):
    """What a run or a trial cost in a month, in US dollars, as its workers settled it."""

    run = models.ForeignKey(Run, models.CASCADE, null=True, blank=True, related_name="spending")
    trial = models.ForeignKey("Trial", models.CASCADE, null=True, blank=True, related_name="spending")
    month = models.DateField()  # its first day
    spent = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    # of `spent`: set aside by workers that died, so that nobody knows whether it was
    written_off = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    # of `spent`: what calls could cost at most whose endpoint did not say what they used
    estimated = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    requests = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)  # of `requests`: at no known price
    tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "month"], name="judging_spending_once"),
            models.UniqueConstraint(fields=["trial", "month"], name="judging_trial_spending_once"),
            models.CheckConstraint(name="judging_spending_has_one_spender", condition=ONE_SPENDER),
        ]


class Reservation(models.Model):
    """Money that one worker has set aside for calls under way, while it says that it lives."""

    run = models.ForeignKey(Run, models.CASCADE, null=True, blank=True, related_name="reservations")
    trial = models.ForeignKey("Trial", models.CASCADE, null=True, blank=True, related_name="reservations")
    worker = models.UUIDField(unique=True)
    amount = models.DecimalField(max_digits=16, decimal_places=8)
    held_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="judging_reservation_has_one_spender", condition=ONE_SPENDER)
        ]


class CostConfirmation(models.Model):
    """A person has seen what an audit's judges will cost, and said that they may."""

    audit = models.OneToOneField(Audit, models.CASCADE, related_name="cost_confirmation")
    amount = models.DecimalField(max_digits=16, decimal_places=8)  # US dollars, as estimated then
    budget = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)  # of each run
    # null: the command line
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


class Trial(models.Model):
    """A judge asked outside any run: the playground, or a probe. Nothing of it is a verdict."""

    class Purpose(models.TextChoices):
        PLAYGROUND = "playground"
        INJECTION = "injection"

    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    judge = models.ForeignKey(Judge, models.CASCADE, related_name="trials")
    # of a probe the version it asks, of a playground the published one to compare with
    judge_version = models.ForeignKey(
        JudgeVersion, models.PROTECT, null=True, blank=True, related_name="trials"
    )
    fingerprint = models.CharField(
        max_length=64, blank=True
    )  # as that of a run: of all that changes an answer
    # null: the items came from elsewhere
    batch = models.ForeignKey(Batch, models.CASCADE, null=True, blank=True, related_name="trials")
    rubric = DocumentField()
    sides = DocumentField()  # judging.trials.Side
    options = DocumentField(default=dict)
    state = models.CharField(max_length=10, choices=TrialState.choices, default=TrialState.UNDER_WAY)
    reason = models.TextField(blank=True)
    claim = models.UUIDField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # null: the command line
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="judging_stopped_says_why", condition=~Q(state="stopped") | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} of {self.judge} {self.pk}"


class TrialCall(models.Model):
    """One item put to one side of a trial."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="calls")
    side = models.CharField(max_length=40)
    key = models.CharField(max_length=300)  # tells the items of a trial apart, however often one is in it
    item = models.ForeignKey(Item, models.CASCADE, null=True, blank=True, related_name="+")
    payload = DocumentField(null=True)  # null: the item's own
    about = DocumentField(default=dict)  # what was done to it
    state = models.CharField(max_length=8, choices=CallState.choices, default=CallState.QUEUED)
    exchanges = DocumentField(default=list)  # as those of `Call`
    answers = DocumentField(default=list)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)  # null: no price known
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    suspicion = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "side", "key"], name="judging_trial_call_once")
        ]

    @property
    def shown(self) -> dict[str, Any]:
        """What the judge sees of the item."""
        if self.payload is not None:
            return self.payload
        assert self.item is not None  # who queues a call gives one or the other
        return self.item.payload


class PromptPart(models.Model):
    """What many requests have in common, kept once: a system message, or the parameters (`judging.exchanges`)."""

    digest = models.CharField(max_length=64, primary_key=True)  # SHA-256 of the content's JSON text
    content = DocumentField()
