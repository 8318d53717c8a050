"""Both transports send the same and read the same: every test here runs over each, or compares the two."""

import asyncio
import gzip
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from judges import errors
from judges.contracts import Request
from judges.providers.transports import LeanTransport, SdkTransport, lean_or_sdk
from judges.simulator import Faults, Simulator
from judges.simulator.http import Response
from tests.judges.bench import ONCE, endpoint, judge_all, subjects
from tests.judges.canned import canned, refused, said

REQUEST = Request(
    "simulated",
    [
        {"role": "system", "content": "Judge “this” – 判定\n\t\\ \u2028"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": 'an "item"'},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            ],
        },
    ],
    {"temperature": 0.0, "max_tokens": 7, "seed": 2**60, "response_format": {"type": "json_object"}},
)
OF_THE_CONNECTION = {"connection", "accept-encoding", "content-length", "host"}
OF_THE_PACKAGE = {"x-stainless-retry-count", "x-stainless-read-timeout", "x-stainless-raw-response"}

FAILURES = [
    (refused(400), errors.BadRequest),
    (refused(401), errors.NotAuthorised),
    (refused(402), errors.OutOfCredit),
    (refused(403), errors.BadRequest),
    (refused(404), errors.UnknownModel),
    (refused(408), errors.ServerFault),
    (refused(409), errors.ServerFault),
    (refused(422), errors.BadRequest),
    (refused(429, retry_after="900"), errors.ShutOut),
    (refused(429, "insufficient_quota"), errors.OutOfCredit),
    (refused(400, "content_filter"), errors.ContentFiltered),
    (refused(503), errors.ServerFault),
    (Response(500, raw=b"<html>Bad gateway</html>"), errors.ServerFault),
    (Response(500, raw=b"[" * 100_000), errors.ServerFault),
    (Response(400, {"error": "in a word"}), errors.BadRequest),
    (Response(400, {"message": "no error around it", "code": "content_filter"}), errors.ContentFiltered),
    (Response(400, {"error": {"message": {"not": "text"}, "code": 7}}), errors.BadRequest),
    (Response(400, {"error": {"message": "n\0ull " + "x" * 600}}), errors.BadRequest),
    (Response(300), errors.BadRequest),
    (Response(200, raw=b"<html>"), errors.BadReply),
    (Response(200, raw=b"[]"), errors.BadReply),
    (Response(200, raw=b"[" * 100_000), errors.BadReply),
    (Response(200, {"choices": []}), errors.BadReply),
    (Response(200, {"choices": [{"message": None}]}), errors.BadReply),
    (Response(200, raw=b"{}", headers={"content-encoding": "gzip"}), errors.ConnectionLost),
]


@pytest.fixture(params=[SdkTransport, LeanTransport])
def transport(request):
    return request.param


def complete(local, transport, request=None, **options):
    async def completed():
        async with endpoint(local, transport=transport, retry=ONCE, **options) as provider:
            return await provider.complete(request or REQUEST)

    return asyncio.run(completed())


@pytest.mark.parametrize(("response", "error"), FAILURES)
def test_each_failure_has_its_place_in_the_tree_and_the_same_words(response, error):
    raised = []
    for transport in (SdkTransport, LeanTransport):
        with canned(response) as local, pytest.raises(errors.CallError) as caught:
            complete(local, transport)
        raised.append(caught.value)
    assert [type(found) for found in raised] == [error, error]
    if error is not errors.ConnectionLost:  # what it names is the client's own
        assert str(raised[0]) == str(raised[1])
    assert getattr(raised[0], "retry_after", None) == getattr(raised[1], "retry_after", None)


def test_both_send_the_same_request_to_the_same_address():
    with canned(said("hi")) as local:
        for transport in (SdkTransport, LeanTransport):
            complete(local, transport, extra_headers={"X-Team": "audits", "User-Agent": "ours"})
    assert local.asked == [REQUEST.body()] * 2
    assert local.paths == ["/v1/chat/completions"] * 2
    sdk, lean = (
        {name: value for name, value in sent.items() if name not in OF_THE_CONNECTION | OF_THE_PACKAGE}
        for sent in local.headers
    )
    assert lean == sdk
    assert lean["authorization"] == "Bearer secret"
    assert (lean["x-team"], lean["user-agent"]) == ("audits", "ours")


@pytest.mark.parametrize(
    "reply",
    [
        said("hi"),
        said("", message={"content": None, "refusal": "no\0"}, finish_reason=None),
        said("“判定” \\u0000", usage={"prompt_tokens": 12, "completion_tokens": 3}),
        said("cut", finish_reason="length", usage={"prompt_tokens": -1, "completion_tokens": "3"}),
        Response(200, raw=gzip.compress(said("small").encode().partition(b"\r\n\r\n")[2], mtime=0),
                 headers={"content-encoding": "gzip"}),
    ],
)  # fmt: skip
def test_both_read_the_same_reply(reply):
    with canned(reply) as local:
        sdk, lean = (complete(local, transport) for transport in (SdkTransport, LeanTransport))
    for name in (
        "text",
        "refusal",
        "finish_reason",
        "prompt_tokens",
        "completion_tokens",
        "cost",
        "attempts",
    ):
        assert getattr(sdk, name) == getattr(lean, name)


def test_missing_usage_is_unknown_not_zero(transport):
    with canned(said("hi")) as local:
        completion = complete(local, transport)
    assert (completion.text, completion.prompt_tokens, completion.completion_tokens) == ("hi", None, None)


def test_a_refusal_and_a_null_content_are_read(transport):
    with canned(said("", message={"content": None, "refusal": "no\0"}, finish_reason=None)) as local:
        completion = complete(local, transport)
    assert (completion.text, completion.refusal, completion.finish_reason) == ("", "no", "")


def test_a_redirect_that_keeps_the_method_is_followed(transport):
    with canned(said("there")) as there:
        elsewhere = Response(307, headers={"location": f"{there.base_url}/chat/completions"})
        with canned(elsewhere) as here:
            assert complete(here, transport).text == "there"
    assert there.asked == [REQUEST.body()]


def test_a_large_picture_is_sent_whole_and_again_where_it_is_redirected(transport):
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'A' * 2_000_000}"}}
    large = replace(REQUEST, messages=[{"role": "user", "content": [picture]}])
    with canned(said("Hi")) as there:
        elsewhere = Response(307, headers={"location": f"{there.base_url}/chat/completions"})
        with canned(elsewhere) as here:
            complete(here, transport, request=large)
    assert here.asked == there.asked == [large.body()]


def test_a_connection_that_breaks_is_lost(transport):
    with Simulator(faults=Faults(reset=1.0)) as simulator, pytest.raises(errors.ConnectionLost):
        complete(simulator, transport)


def test_a_reply_cut_short_is_a_lost_connection(transport):
    cut = Response(200, raw=b'{"choices"', headers={"content-length": "500"})
    with canned(cut) as local, pytest.raises(errors.ConnectionLost):
        complete(local, transport)


def test_a_hang_costs_its_time_limit(transport):
    started = time.perf_counter()
    with (
        Simulator(faults=Faults(hang=1.0, hang_s=30.0)) as simulator,
        pytest.raises(errors.TimedOut, match=r"0\.2 seconds"),
    ):
        complete(simulator, transport, timeout=0.2)
    assert time.perf_counter() - started < 2.0


def test_the_environments_proxy_is_used_and_its_exceptions_kept(transport, monkeypatch):
    class Far:
        base_url = "http://judges.example/v1"

    with canned(said("by proxy")) as proxy, canned(said("straight")) as near:
        monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert complete(Far(), transport).text == "by proxy"
        assert complete(near, transport).text == "straight"
    assert proxy.paths == ["http://judges.example/v1/chat/completions"]


def test_a_proxy_that_only_the_package_may_speak_to_is_left_to_it(monkeypatch):
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)

    class Client:
        base_url = "http://judges.example/v1"

    assert isinstance(lean_or_sdk(Client()), SdkTransport)


def test_the_environments_certificates_are_trusted_and_no_others(transport, monkeypatch, tmp_path):
    pem = self_signed(tmp_path / "endpoint.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    with canned(said("in private"), tls=tls) as local:
        with pytest.raises(errors.ConnectionLost, match=r"(?i)certificate"):
            complete(local, transport)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        assert complete(local, transport).text == "in private"


def test_under_faults_both_end_every_item_alike():
    faults = Faults(rate_500=0.2, broken_body=0.1, malformed=0.1, refusal=0.1, off_scale=0.1)
    ends = []
    for transport in (SdkTransport, LeanTransport):
        with Simulator(faults=faults) as simulator:
            judged = judge_all(simulator, subjects(60), transport=transport)
        ends.append({found.item_id: (found.answers, len(found.calls)) for found in judged})
    assert ends[0] == ends[1]


def self_signed(path):
    """A certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "judges")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    kept = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(*kept) + certificate.public_bytes(serialization.Encoding.PEM))
    return path
