"""The main job on public data with human labels, by command line alone: from two files to five reports."""

import csv
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader

from auditing.datasets.models import Collection
from auditing.judging.models import Verdict
from judges.simulator import Simulator
from tests.cast import make_collection
from tests.journeys.terminal import complaint, document, manage_afresh, told
from tests.judging.building import make_judge, simulated_endpoint

MAPPING = """\
id: id
payload: {input: question, reference: gold_answers, output: answer}
cluster: meta.question_id
"""
RUBRIC = """\
rubric: open-answers
criteria:
  - key: acceptable
    question: Is the answer acceptable, given the gold answers?
    scale: {type: binary, good: "yes"}
    critical: true
"""
SOP = """\
sop: nq-audit
rubric: open-answers
purpose: Is this open question answering good enough to train on?
sampling: {method: simple, human: 300, judge: 600}
judges: [careful]
labels: {source: imported, reference: adjudicated}
acceptance: {criterion: acceptable, at_least: 0.6, confidence: 0.95, side: lower, basis: assisted}
"""
PAIRS_MAPPING = """\
id: id
payload:
  input: {instruction: instruction, input: input}
  candidates: {a: response1, b: response2}
"""
PAIRS_RUBRIC = """\
rubric: which-is-better
criteria:
  - key: preference
    question: Which response follows the instruction better?
    scale:
      type: preference
      options: [a, b, tie]
      aliases: {"1": a, "2": b, "0": tie}
"""
PAIRS_SOP = """\
sop: pairs-audit
rubric: which-is-better
sampling: {method: simple, human: 200, judge: 200}
labels: {source: imported, reference: annotator1}
"""


@pytest.fixture
def endpoint(transactional_db: None) -> Iterator[Simulator]:
    with simulated_endpoint() as simulator:
        yield simulator


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_answers_are_audited_to_a_report(shared_data: Path, tmp_path: Path, endpoint: Simulator) -> None:
    make_judge("careful")
    source = shared_data / "openqa_nq301"
    deliver_answers(source, tmp_path)
    meta_audit_names_gpt4()
    audit = audited(tmp_path)
    estimates = document("estimate", "--audit", audit, "--criterion", "acceptable")
    assert {one["n_judged"] for one in estimates if one["method"]} >= {600}
    for one in estimates:
        assert 0 <= one["low"] <= one["estimate"] <= one["high"] <= 1
        assert (one["population"], one["confidence"]) == (1490, 0.95)
    everything_is_exported(audit, tmp_path)
    assert document("verify_journal")["ok"] is True


def deliver_answers(source: Path, folder: Path) -> None:
    mapping = written(folder, "mapping.yaml", MAPPING)
    deliver = ["import_items", source / "items.jsonl.gz", "--collection", "NQ 301", "--batch", "nq"]
    made = document(*deliver, "--mapping", mapping)
    assert (made["created"], made["imported"], made["rejected"]) == (True, 1490, 0)
    assert document(*deliver, "--mapping", mapping)["created"] is False
    people = ["--column", "rater=rater_id", "--column", "value=label", "--set", "rater_kind=human"]
    verdicts = ["--column", "rater=judge", "--column", "value=score", "--set", "rater_kind=judge"]
    for name, columns, rows in (("labels", people, 4686), ("judges", verdicts, 4467)):
        found = document("import_ratings", source / f"{name}.csv.gz", "--batch", "nq", *columns)
        assert (found["imported"], found["rejected"]) == (rows, 0)


def meta_audit_names_gpt4() -> None:
    found = document("meta_audit", "--batch", "nq", "--reference", "adjudicated")
    gpt4 = next(one for one in found if one["rater"] == "gpt-4")
    assert gpt4["accuracy"] == pytest.approx(0.847, abs=5e-4)
    assert gpt4["kappa"] == pytest.approx(0.69, abs=5e-3)
    assert "gpt-4 against adjudicated" in told("meta_audit", "--batch", "nq")


def audited(folder: Path) -> str:
    """Defined, opened and run; the audit's id."""
    assert "open-answers" in told("import_rubric", written(folder, "rubric.yaml", RUBRIC))
    sop = ["import_sop", written(folder, "sop.yaml", SOP), "--collection", "NQ 301"]
    assert document(*sop)["version"] == 1
    assert document(*sop)["version"] == 1
    audit = told("open_audit", "--batch", "nq", "--sop", "nq-audit", "--seed", 7)
    ran = document("run_audit", audit, run=manage_afresh)
    assert ran["state"] == "estimated"
    assert [stage["stage"] for stage in ran["stages"]] == [
        "draw",
        "collect",
        "rule",
        "estimate",
        "decide",
        "decide",
    ]
    assert Verdict.objects.filter(run__audit=audit).count() == 600
    judged = document("meta_audit", "--audit", audit, "--reference", "adjudicated")
    assert "careful" in {one["rater"] for one in judged}
    return audit


def everything_is_exported(audit: str, folder: Path) -> None:
    """Five files, each read back by a program that knows the format."""
    files: dict[str, bytes] = {}
    for kind in ("html", "pdf", "xlsx", "csv", "json"):
        path = folder / f"report.{kind}"
        told("export_report", audit, "--format", kind, "--output", path)
        files[kind] = path.read_bytes()
    text = files["html"].decode()
    assert "nq-audit" in text
    assert "open-answers" in text
    assert "<script" not in text
    pages = [page.extract_text() for page in PdfReader(BytesIO(files["pdf"])).pages]
    assert "nq-audit" in " ".join(pages)
    assert openpyxl.load_workbook(BytesIO(files["xlsx"])).sheetnames
    assert len(list(csv.reader(files["csv"].decode("utf-8-sig").splitlines()))) > 1
    assert "checksum" in json.dumps(json.loads(files["json"]))


def test_pairs_are_audited_to_a_report(shared_data: Path, tmp_path: Path, transactional_db: None) -> None:
    source = shared_data / "pandalm_pairwise"
    mapping = written(tmp_path, "mapping.yaml", PAIRS_MAPPING)
    made = document(
        *("import_items", source / "items.jsonl.gz", "--collection", "Pairs", "--batch", "pandalm"),
        *("--mapping", mapping),
    )
    assert made["imported"] == 999
    people = ["--column", "rater=rater_id", "--column", "value=label", "--set", "rater_kind=human"]
    verdicts = ["--column", "rater=judge", "--column", "value=score", "--set", "rater_kind=judge"]
    told("import_ratings", source / "labels.csv.gz", "--batch", "pandalm", *people)
    told("import_ratings", source / "judges.csv.gz", "--batch", "pandalm", *verdicts)
    told("import_rubric", written(tmp_path, "rubric.yaml", PAIRS_RUBRIC))
    told("import_sop", written(tmp_path, "sop.yaml", PAIRS_SOP), "--collection", "Pairs")
    audit = told("open_audit", "--batch", "pandalm", "--sop", "pairs-audit")
    assert document("run_audit", audit)["state"] in ("estimated", "decided", "reported")
    compared = {
        (one["rater"], one["reference"]): one
        for one in document("meta_audit", "--batch", "pandalm", "--rubric", "which-is-better")
    }
    garbage = sum(one["unscored"] for (rater, _), one in compared.items() if rater == "gpt-3.5-turbo")
    assert garbage > 0, "unparseable verdicts are counted, not dropped"
    assert told("export_report", audit, "--format", "json", "--output", tmp_path / "pairs.json")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": "b", "output": "fine"}\n{"id": "a"', "items.jsonl, line 3"),
        ('{"id": "a", "output": "twice"}', "items.jsonl, line 2, field id"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(
    tmp_path: Path, transactional_db: None, line: str, says: str
) -> None:
    path = written(tmp_path, "items.jsonl", '{"id": "a", "output": "fine"}\n' + line + "\n")
    assert says in complaint("import_items", path, "--collection", "Nothing stays")
    assert not Collection.objects.exists()


def test_a_process_of_its_own_refuses_no_other_way(transactional_db: None) -> None:
    assert "nowhere" in complaint("meta_audit", "--batch", "nowhere", run=manage_afresh)


def test_each_command_refuses_in_one_line(tmp_path: Path, transactional_db: None) -> None:
    rubric = written(tmp_path, "rubric.yaml", RUBRIC.replace("type: binary", "type: binry"))
    assert "rubric.yaml" in (said := complaint("import_rubric", rubric))
    assert "criteria[0].scale.type" in said
    sop = written(tmp_path, "sop.yaml", SOP.replace("human: 300", "human: many"))
    make_collection("Somewhere")
    assert "sampling.human" in complaint("import_sop", sop, "--collection", "Somewhere")
    assert "nowhere" in complaint("open_audit", "--batch", "nowhere", "--sop", "none")
    assert "99" in complaint("run_audit", 99)
    assert "99" in complaint("estimate", "--audit", 99)
    assert "99" in complaint("export_report", 99, "--format", "html", "--output", tmp_path / "none.html")
