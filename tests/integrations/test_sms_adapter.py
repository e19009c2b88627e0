"""Text messages over real HTTP connections."""

import traceback
from datetime import UTC, datetime, timedelta

import pytest

from portal.integrations.http import LOOPBACK
from portal.integrations.sms import TwilioSmsSender
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.notifications.ports import OutgoingSms
from tests.integrations.partners import ACCOUNT, TOKEN

SENDER = "+15005550006"


def twilio(url: str, **changes: object) -> TwilioSmsSender:
    fields: dict[str, object] = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "sender": SENDER,
        "networks": LOOPBACK,
        **changes,
    }
    return TwilioSmsSender(url=url, **fields)  # type: ignore[arg-type]  # as each test names them


def http(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def test_message_arrives_and_has_the_partners_id(sinks) -> None:
    sid = twilio(sinks.url).send(OutgoingSms(to="+34600000001", text="Su código es 123456 ✓"))
    (taken,) = sinks.inbox("+34600000001")
    assert (taken.channel, taken.text, taken.from_, taken.reference) == ("sms", "Su código es 123456 ✓", SENDER, sid)


def test_message_is_found_by_receiver_text_and_time(sinks) -> None:
    sender, message, start = twilio(sinks.url), OutgoingSms(to="+34600000002", text="Hello"), datetime.now(UTC)
    assert sender.find(message, start) is None
    sender.send(message)
    newest = sender.send(message)
    assert sender.find(message, start) == newest
    assert sender.find(OutgoingSms(to=message.to, text="Other"), start) is None
    assert sender.find(OutgoingSms(to="+34600000003", text="Hello"), start) is None
    assert sender.find(message, start + timedelta(minutes=5)) is None


def test_messages_survive_a_restart_of_the_sink(sinks) -> None:
    message, start = OutgoingSms(to="+34600000004", text="Still here"), datetime.now(UTC)
    sid = twilio(sinks.url).send(message)
    assert sinks.stop() == 0
    sinks.start()
    assert twilio(sinks.url).find(message, start) == sid


@pytest.mark.parametrize("number", ["+15005550001", "600000000", "+0123", "+1"])
def test_number_that_does_not_exist_is_refused_for_good_and_unnamed(sinks, number) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        twilio(sinks.url).send(OutgoingSms(to=number, text="Hello"))
    assert refusal.value.code == "twilio-21211"
    assert number not in "".join(traceback.format_exception(refusal.value))


def test_text_that_is_too_long_is_refused(sinks) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        twilio(sinks.url).send(OutgoingSms(to="+34600000005", text="x" * 1601))
    assert refusal.value.code == "twilio-21617"


@pytest.mark.parametrize(("change", "code"), [({"auth_token": "wrong"}, 20003), ({"account_sid": "AC0"}, 20003)])
def test_wrong_credentials_are_refused(sinks, change, code) -> None:
    with pytest.raises(PartnerRefused) as refusal:
        twilio(sinks.url, **change).send(OutgoingSms(to="+34600000006", text="Hello"))
    assert refusal.value.code == f"twilio-{code}"


def test_broken_service_may_be_tried_again_and_then_sends_once(sinks) -> None:
    sender, message = twilio(sinks.url), OutgoingSms(to="+15005550009", text="Again")
    with pytest.raises(PartnerUnavailable):
        sender.send(message)
    sender.send(message)
    assert len(sinks.inbox("+15005550009")) == 1


def test_no_server_means_that_nothing_happened() -> None:
    with pytest.raises(PartnerUnavailable):
        twilio("http://127.0.0.1:1").send(OutgoingSms(to="+34600000007", text="Hello"))


@pytest.mark.parametrize("silent", [True, False])
def test_no_answer_after_sending_is_uncertain(broken_server, silent) -> None:
    url = f"http://127.0.0.1:{broken_server(silent=silent)}"
    with pytest.raises(PartnerUncertain):
        twilio(url, timeout=0.3).send(OutgoingSms(to="+34600000008", text="Hello"))


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (http("429 Too Many Requests", b'{"code": 20429}'), PartnerUnavailable),
        (http("503 Service Unavailable", b""), PartnerUnavailable),
        (http("504 Gateway Timeout", b"<html>"), PartnerUncertain),
        (http("201 Created", b"<html>"), PartnerUncertain),
        (http("403 Forbidden", b"<html>"), PartnerRefused),
    ],
)
def test_each_answer_has_one_meaning(broken_server, answer, failure) -> None:
    url = f"http://127.0.0.1:{broken_server(answer=answer)}"
    with pytest.raises(failure):
        twilio(url).send(OutgoingSms(to="+34600000009", text="Hello"))


def test_looking_up_is_never_uncertain(broken_server) -> None:
    url = f"http://127.0.0.1:{broken_server(silent=True)}"
    with pytest.raises(PartnerUnavailable):
        twilio(url, timeout=0.3).find(OutgoingSms(to="+34600000010", text="Hello"), datetime.now(UTC))
