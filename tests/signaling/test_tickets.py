"""Tickets, relay credentials and the shape of messages, without a socket."""

import json
import re
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import brotli
import pytest

from portal.kernel.config import Settings
from portal.kernel.video import (
    BOTH,
    PAGE,
    SIDECAR,
    WIRE,
    TicketRefused,
    TicketUse,
    VideoRole,
    ice_servers,
    read_ticket,
    turn_credentials,
)
from signaling.messages import BadMessage, Pace, parse_message
from signaling.notices import read_notice
from tests.signaling.support import KEY, TENANT, VISIT, ticket

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def _ticket(seconds: int = 60, **claims: object) -> str:
    return ticket(participant=UUID(int=9), expires_at=NOW + timedelta(seconds=seconds), **claims)  # type: ignore[arg-type]  # claims of any type


def test_a_ticket_says_what_was_signed() -> None:
    claims = read_ticket(_ticket(role=VideoRole.CLINICIAN, use=TicketUse.WAIT), key=KEY, now=NOW)
    assert (claims.tenant_id, claims.visit_id, claims.participant_id) == (TENANT, VISIT, UUID(int=9))
    assert (claims.role, claims.use) == (VideoRole.CLINICIAN, TicketUse.WAIT)
    assert claims.expires_at == NOW + timedelta(seconds=60)


def test_a_ticket_fits_a_message_easily() -> None:
    assert len(_ticket()) < 300


def test_a_ticket_is_refused_once_its_minute_is_over() -> None:
    read_ticket(_ticket(1), key=KEY, now=NOW)
    with pytest.raises(TicketRefused):
        read_ticket(_ticket(0), key=KEY, now=NOW)


def test_a_tampered_ticket_is_refused() -> None:
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    good = _ticket()
    for position, letter in enumerate(good):
        # One bit further; of the signature's last letter it is one that says nothing.
        other = letters[letters.index(letter) ^ 1] if letter in letters else "A"
        torn = good[:position] + other + good[position + 1 :]
        with pytest.raises(TicketRefused):
            read_ticket(torn, key=KEY, now=NOW)


@pytest.mark.parametrize("text", ["", ".", "a.b", "💥", "x" * 5000])
def test_what_is_no_ticket_is_refused(text: str) -> None:
    with pytest.raises(TicketRefused):
        read_ticket(text, key=KEY, now=NOW)


def test_a_ticket_of_another_key_is_refused() -> None:
    with pytest.raises(TicketRefused):
        read_ticket(_ticket(key="another key"), key=KEY, now=NOW)


def test_relay_credentials_lapse_and_name_no_person() -> None:
    name, password = turn_credentials(secret="north", participant_id=UUID(int=9), now=datetime.fromtimestamp(0, UTC))
    assert name == "14400:00000000000000000000000000000009"
    # printf '14400:0…09' | openssl dgst -sha1 -hmac north -binary | base64
    assert password == "yQZPcqNKVMOlpgr/yOEUw9Z6+LE="


def test_relays_are_offered_as_the_browser_takes_them() -> None:
    settings = Settings.model_construct(
        stun_urls=("stun:relay.test",), turn_urls=("turn:relay.test",), turn_secret=_Secret("north")
    )
    stun, turn = ice_servers(settings=settings, participant_id=UUID(int=9), now=NOW)
    assert stun == {"urls": ["stun:relay.test"]}
    assert turn.keys() == {"urls", "username", "credential"}
    assert (
        ice_servers(settings=Settings.model_construct(stun_urls=(), turn_urls=()), participant_id=uuid4(), now=NOW)
        == []
    )


class _Secret:
    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        return self._value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "nonsense",
        "[" * 100_000,
        '{"type": []}',
        '{"type": "joined", "polite": true}',
        '{"type": "offer", "n": 1}',
        '{"type": "offer", "n": true, "sdp": ""}',
        '{"type": "offer", "n": -1, "sdp": ""}',
        '{"type": "quality", "n": 1, "seconds": 1e400}',
    ],
)
def test_what_a_page_may_not_send_is_refused(text: str) -> None:
    with pytest.raises(BadMessage):
        parse_message(text)


def test_only_known_fields_pass() -> None:
    sent = {
        "type": "candidate",
        "n": 1,
        "from": "forged",
        "extra": 1,
        "candidate": {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0, "deep": {"a": 1}},
    }
    name, fields = parse_message(json.dumps(sent))
    assert name == "candidate"
    assert fields == {"n": 1, "candidate": {"candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0}}


def test_pace_refills_with_time() -> None:
    pace = Pace(per_second=2, burst=3)
    assert [pace.allows(at=0.0) for _ in range(4)] == [True, True, True, False]
    assert [pace.allows(at=1.0) for _ in range(3)] == [True, True, False]


def test_a_notice_of_a_newer_version_is_passed_over() -> None:
    payload = {"tenant": str(TENANT), "visit": str(VISIT), "kind": "message", "participant": None}
    assert read_notice(json.dumps(payload)) is not None
    assert read_notice(json.dumps({**payload, "kind": "unheard-of"})) is None
    assert read_notice("nonsense") is None
    assert read_notice("[]") is None


SCRIPTS = Path(__file__).parents[2] / "static" / "js"


@pytest.mark.parametrize("script", ["visit.js", "device-test.js"])
def test_the_scripts_speak_the_table_of_messages(script: str) -> None:
    text = (SCRIPTS / script).read_text()
    said = set(re.findall(r'type: "([a-z-]+)"', text)) | set(re.findall(r'relay\("([a-z-]+)"', text))
    heard = set(re.findall(r'case "([a-z-]+)"', text)) | set(re.findall(r'line\.next\("([a-z-]+)"\)', text))
    from_page = {message.name for message in WIRE if message.sender in (PAGE, BOTH)}
    from_sidecar = {message.name for message in WIRE if message.sender in (SIDECAR, BOTH)}
    assert said - {"answer"} <= from_page
    assert heard <= from_sidecar
    assert said and heard


@pytest.mark.parametrize("script", ["visit.js", "device-test.js"])
def test_a_script_is_light_and_keeps_to_the_policy(script: str) -> None:
    raw = (SCRIPTS / script).read_bytes()
    assert len(brotli.compress(raw)) <= 12 * 1024
    assert not re.search(rb"\beval\b|new Function|innerHTML\s*=[^=]|\.style\b|document\.write|insertAdjacentHTML", raw)
