"""Real data: product-review sentences, each rated by twenty people, with the labels of a rule-based program.

From the source distribution of vaderSentiment 3.3.2 (MIT licence): C.J. Hutto and E.E. Gilbert, VADER, ICWSM 2014.
It is fetched from the package registry that pip is set up with, once, and checked against its hash.
"""

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.audits.services import open_audit
from auditing.core.errors import DokimaError
from auditing.datasets import services as datasets
from auditing.datasets.importing import import_items
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Batch, Collection
from auditing.demo.cast import SEED
from auditing.demo.world import definition, let_in
from auditing.estimation.services import confirm_decision
from auditing.pipeline.services import run_here
from auditing.ratings.importing import import_ratings
from auditing.reports.services import make_report
from auditing.rubrics.services import import_rubric
from auditing.sops.services import import_sop

COLLECTION = "Product review sentences"
BATCH = "ICWSM 2014 product reviews"
PACKAGE = "vaderSentiment==3.3.2"
ARCHIVE = "vaderSentiment-3.3.2.tar.gz"
SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
INNER = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
LABELLER = "vaderSentiment-3.3.2/vaderSentiment"
TEXTS = "hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt"
RATINGS = "hutto_ICWSM_2014/amazonReviewSnippets_anonDataRatings.txt"
NEUTRAL_WITHIN = 0.05  # of the labeller's score from -1 to 1, as its authors advise
NEUTRAL_SUM = 0.5  # of the summed word scores, for the simpler program that plays the judge
LONGEST_WAIT = 60


class FetchError(DokimaError):
    """The package cannot be fetched: the demonstration goes on without the real data."""


class Sentence(NamedTuple):
    key: str
    text: str
    ratings: list[int]
    label: str
    simple_label: str


def archive() -> Path:
    """The source distribution, from the home or the registry. Raises FetchError."""
    kept = settings.DOKIMA_HOME / ARCHIVE
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            _download(Path(folder))
            fetched = Path(folder) / ARCHIVE
            if hashlib.sha256(fetched.read_bytes()).hexdigest() != SHA256:
                raise FetchError(f"{ARCHIVE} is not what it was: its hash differs.")
            kept.write_bytes(fetched.read_bytes())
    return kept


def _download(folder: Path) -> None:
    wanted = ["--no-deps", "--no-binary", ":all:", "--dest", str(folder), PACKAGE]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "0", *wanted]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=LONGEST_WAIT)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        raise FetchError(f"{PACKAGE} cannot be fetched from the package registry.") from error


def sentences() -> Iterator[Sentence]:
    """Every sentence that can be read, with its ratings and labels."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # its hash is known, so nothing needs filtering, which Debian's Python 3.11.2 could not do
        shutil.unpack_archive(archive(), folder, "gztar")
        with tarfile.open(folder / INNER) as inner:
            texts = _member(inner, TEXTS)
            ratings = dict(_rated(_member(inner, RATINGS)))
        labeller = _labeller(folder / LABELLER / "vaderSentiment.py")
        for line in texts.splitlines():
            key, _, text = line.split("\t", 2) if line.count("\t") >= 2 else ("", "", "")
            if key in ratings and text.strip():
                score = labeller.polarity_scores(text)["compound"]
                words = re.findall(r"[a-z']+", text.lower())
                simple = sum(labeller.lexicon.get(word, 0.0) for word in words)
                yield Sentence(
                    key, text, ratings[key], polarity(score, NEUTRAL_WITHIN), polarity(simple, NEUTRAL_SUM)
                )


def _member(archive: tarfile.TarFile, name: str) -> str:
    file = archive.extractfile(name)
    assert file is not None
    return file.read().decode("utf-8-sig", "replace")


def _rated(text: str) -> Iterator[tuple[str, list[int]]]:
    for line in text.splitlines():
        key, *_, ratings = line.split("\t")
        if ratings.startswith("["):
            yield key, [int(rating) for rating in json.loads(ratings)]


def _labeller(path: Path) -> Any:
    """The package's own rule-based labeller, from the checked archive."""
    spec = spec_from_file_location("vader_sentiment", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SentimentIntensityAnalyzer()


def polarity(score: float, neutral_within: float = 0) -> str:
    if abs(score) <= neutral_within:
        return "neutral"
    return "positive" if score > 0 else "negative"


def audited(everybody: dict[str, User]) -> Audit:
    """The collection, through the same doors as everybody's: items, ratings, rubric, SOP, audit, decision, report."""
    place = Collection.objects.filter(name=COLLECTION).first() or datasets.create_collection(
        by=None,
        name=COLLECTION,
        description="Sentences of product reviews, each rated by twenty people (Hutto and Gilbert, ICWSM 2014, MIT).",
    )
    let_in(everybody, place)
    batch = Batch.objects.filter(collection=place, name=BATCH).first() or _delivered(place)
    done = Audit.objects.filter(batch=batch).first()
    if done:
        return done
    import_rubric(by=None, text=definition("label-fits.yaml"))
    version = import_sop(by=None, text=definition("sentence-labels.yaml"), collection=place)
    audit = open_audit(by=everybody["lead"], batch=batch, sop_version=version, seed=SEED)
    run_here(by=everybody["lead"], audit=audit)
    confirm_decision(by=everybody["lead"], audit=audit, outcome=audit.decision.proposed)
    make_report(by=everybody["lead"], audit=audit)
    return audit


def _delivered(place: Collection) -> Batch:
    found = list(sentences())
    with tempfile.TemporaryDirectory() as folder:
        items, ratings = Path(folder) / "sentences.jsonl", Path(folder) / "ratings.csv"
        items.write_text("".join(_item(one) for one in found), encoding="utf-8")
        ratings.write_text(_ratings(found), encoding="utf-8")
        mapping = MappingSpec.from_dict(
            {"payload": {"input": "text", "output": "label"}, "slices": {"label": "label"}}
        )
        batch = import_items(
            by=None, path=items, collection=place, batch_name=BATCH, mapping=mapping, producer="VADER 3.3.2"
        ).batch
        import_ratings(by=None, path=ratings, batch=batch)
    return batch


def _item(one: Sentence) -> str:
    return json.dumps({"id": one.key, "text": one.text, "label": one.label}) + "\n"


def _ratings(found: list[Sentence]) -> str:
    """Every person's agreement with the label, and that of a simpler program in the judge's place."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["item_id", "rater", "rater_kind", "criterion", "value"])
    for one in found:
        for number, rating in enumerate(one.ratings, start=1):
            agrees = "yes" if polarity(rating) == one.label else "no"
            writer.writerow([one.key, f"rater {number:02d}", "human", "label_fits", agrees])
        agrees = "yes" if one.simple_label == one.label else "no"
        writer.writerow([one.key, "word list", "judge", "label_fits", agrees])
    return text.getvalue()
