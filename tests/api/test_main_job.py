"""The whole main job by the API alone: from nothing to a downloaded report, with a real worker and a real judge."""

import io
import json
import time

import httpx2
import openpyxl
import pytest
import yaml

from judges.simulator import Simulator
from tests.cast import RUBRIC, SOP, make_user

ITEMS = [
    {
        "qid": f"q-{number}",
        "question": f"Question {number}?",
        "answer": f"Answer {number}.",
        "maker": "Acme" if number % 2 else "Bolt",
        "topic": ("history", "science", "sport")[number % 3],
    }
    for number in range(24)
]
MAPPING = {
    "id": "qid",
    "payload": {"input": "question", "output": "answer"},
    "producer": "maker",
    "slices": ["topic"],
}
COLLECTION, SEED = "question-answering", 7


@pytest.fixture
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture
def lead(transactional_db):
    return make_user("lead", "lead")


@pytest.fixture
def auditors(transactional_db):
    return [make_user("auditor", f"auditor-{letter}") for letter in "ab"]


@pytest.fixture
def api(client_of, lead, worker):
    return Api(client_of(lead))


class Api:
    """Asks, expects success, and gives back what was said."""

    def __init__(self, client: httpx2.Client) -> None:
        self.client = client

    def __call__(self, method: str, path: str, **sent):
        answer = self.client.request(method, path, **sent)
        assert answer.is_success, answer.text
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.json() if is_json and answer.content else answer

    def until(self, path: str, done, seconds: float = 60):
        deadline = time.monotonic() + seconds
        while not done(found := self("GET", path)):
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        return found


def lines(rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def deliver(api):
    api("POST", "/collections", json={"name": "Question answering"})
    for letter in "ab":
        api("POST", f"/collections/{COLLECTION}/access", json={"username": f"auditor-{letter}"})
    files = {"file": ("week-1.jsonl", lines(ITEMS)), "mapping": ("mapping.yaml", yaml.safe_dump(MAPPING))}
    delivery = api(
        "POST", f"/collections/{COLLECTION}/deliveries", files=files, data={"batch_name": "week-1"}
    )
    delivery = api.until(f"/deliveries/{delivery['id']}", lambda now: now["state"] in {"imported", "failed"})
    assert delivery["error"] == ""
    return api("GET", f"/batches/{delivery['batch']}")


def define(api, simulator):
    api("PUT", "/endpoints/local", json={"base_url": simulator.base_url, "api_key": "secret-key"})
    content = {"endpoint": "local", "model": "simulated", "instructions": "Be careful."}
    api("POST", "/judges", json={"name": "careful", "content": content})
    api("POST", "/judges/careful/publish", json={"note": "The first."})
    rubric = api("POST", "/rubrics/import", files={"file": ("rubric.yaml", yaml.safe_dump(RUBRIC))})
    assert (rubric["rubric"], rubric["number"]) == ("answer-correctness", 1)
    sop = {**SOP, "judges": ["careful"], "collection": "Question answering"}
    return api("POST", "/sops/import", files={"file": ("sop.yaml", yaml.safe_dump(sop))})


def review(auditor, audit, *, correct):
    done = 0
    while task := fetch_next(auditor, audit):
        assert "producer" not in task
        assert "external_id" not in task
        answers = {"correct": correct(task), "helpful": "3"}
        auditor("PUT", f"/reviews/{task['id']}/draft", json={"answers": {"helpful": "3"}})
        handed_in = auditor("POST", f"/reviews/{task['id']}/submit", json={"answers": answers})
        assert handed_in["state"] == "submitted"
        done += 1
    return done


def fetch_next(auditor, audit):
    found = auditor("POST", "/reviews/next", json={"audit": audit})
    return found if isinstance(found, dict) else None


def test_from_nothing_to_a_downloaded_report(api, client_of, auditors, simulator):
    batch = deliver(api)
    assert (batch["item_count"], batch["slice_fields"]) == (24, ["topic"])
    sop = define(api, simulator)
    asked = {"batch": batch["id"], "sop": sop["sop"]["id"], "seed": SEED}
    audit = api("POST", "/audits", json=asked)["id"]
    stages = api("POST", f"/audits/{audit}/advance")
    assert [stage["stage"] for stage in stages] == ["draw", "collect", "rule"]
    check_sample(api, audit)
    run = check_run(api, audit)
    hers, his = (Api(client_of(auditor)) for auditor in auditors)
    assert review(hers, audit, correct=lambda task: "yes") == 6
    review(his, audit, correct=lambda task: "no")
    api("POST", f"/audits/{audit}/advance")
    rule_on_everything(api, audit)
    api("POST", f"/audits/{audit}/advance")
    check_estimates(api, audit)
    decide(api, audit)
    check_comparisons(api, audit)
    check_call(api, run)
    check_report(api, audit)
    check_journal(api, audit)


def check_sample(api, audit):
    plan = api("GET", f"/audits/{audit}/plan")
    assert (plan["seed"], plan["frame_size"], plan["judge_size"], plan["human_size"]) == (SEED, 24, 24, 6)
    replay = api("POST", f"/audits/{audit}/plan/replay")
    assert (replay["same"], replay["differences"], replay["units"]) == (True, [], 24)
    draws = api("GET", f"/audits/{audit}/draws", params={"limit": 5, "offset": 2})
    assert draws["count"] == 24
    assert [draw["position"] for draw in draws["items"]] == [3, 4, 5, 6, 7]


def check_run(api, audit):
    run = api("GET", f"/audits/{audit}/runs")["items"][0]
    run = api.until(f"/runs/{run['id']}", lambda now: now["state"] == "finished")
    assert (run["progress"]["done"], run["progress"]["failed"]) == (24, 0)
    return run["id"]


def rule_on_everything(api, audit):
    cases = api("GET", "/disagreements", params={"audit": audit, "state": "open"})["items"]
    assert cases, "the auditors differ on the items both have seen"
    for case in cases:
        shown = api("GET", f"/disagreements/{case['id']}")
        assert {opinion["value"] for opinion in shown["opinions"]} == {"yes", "no"}
        ruling = {"item": case["item"], "criterion": case["criterion"], "value": "yes", "rationale": "It is."}
        assert api("POST", f"/audits/{audit}/rulings", json=ruling)["value"] == "yes"
    assert api("GET", f"/audits/{audit}/rulings")["count"] == len(cases)


def check_estimates(api, audit):
    estimates = api("GET", f"/audits/{audit}/estimates", params={"limit": 1000})["items"]
    whole = [one for one in estimates if one["criterion"] == "item_passes" and one["slice"] is None]
    assert {one["basis"] for one in whole} == {"human", "assisted"}
    human = next(one for one in whole if one["basis"] == "human")
    assert (human["n_human"], human["population"]) == (6, 24)
    assert human["low"] <= human["estimate"] <= human["high"]
    assert any(one["slice"] == {"producer": "Acme"} for one in estimates)
    assert {(one["target"], one["side"], one["earlier_labels"]) for one in whole} == {
        ("batch", "two-sided", 0)
    }


def decide(api, audit):
    decision = api("GET", f"/audits/{audit}/decision")
    assert decision["outcome"] == ""
    confirmed = api("POST", f"/audits/{audit}/decision", json={"outcome": decision["proposed"]})
    assert confirmed["outcome"] == decision["proposed"]
    assert api("GET", f"/audits/{audit}")["state"] == "decided"


def check_comparisons(api, audit):
    found = api("GET", f"/audits/{audit}/comparisons", params={"criterion": "correct"})
    one = next(one for one in found if one["rater"] == "careful")
    assert {"n", "accuracy", "accuracy_interval", "kappa", "ac1", "alpha", "reference"} <= set(one)


def check_call(api, run):
    call = api("GET", f"/runs/{run}/calls", params={"limit": 1})["items"][0]
    shown = api("GET", f"/calls/{call['id']}")
    said = shown["exchanges"][0]
    assert any("Question" in text for _, text in said["messages"])
    assert json.loads(said["response"])
    assert {verdict["criterion"] for verdict in shown["verdicts"]} == {"correct", "helpful"}
    assert "secret-key" not in json.dumps(shown)


def check_report(api, audit):
    report = api("POST", f"/audits/{audit}/reports")
    assert len(report["checksum"]) == 64
    assert api("GET", "/reports", params={"audit": audit})["count"] == 1
    files = {format: download(api, report, format) for format in report["formats"]}
    assert set(files) == {"html", "pdf", "xlsx", "csv", "json"}
    assert files["pdf"].startswith(b"%PDF")
    assert files["html"].lstrip().lower().startswith(b"<!doctype html")
    assert openpyxl.load_workbook(io.BytesIO(files["xlsx"])).sheetnames
    assert b"item_passes" in files["csv"]
    assert report["checksum"].encode() in files["json"]


def download(api, report, format):
    answer = api.client.get(f"/reports/{report['id']}/files/{format}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    return answer.content


def check_journal(api, audit):
    entries = api("GET", "/journal", params={"kind": "audits.audit", "subject": str(audit)})["items"]
    assert "opened" in {entry["verb"] for entry in entries}
    assert api("GET", "/journal/proof") == {"intact": True, "broken_at": None, "reason": ""}
