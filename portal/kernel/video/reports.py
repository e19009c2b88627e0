"""Reports: what the sidecar tells the portal, as events through the outbox. Numbers are whole; ids are opaque."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from portal.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ParticipantJoined(Event):
    """A page entered the call. It comes again, with the same connection, when its socket had to be opened anew."""

    name: ClassVar[str] = "video.ParticipantJoined"
    visit_id: UUID
    participant_id: UUID
    connection_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ParticipantLeft(Event):
    """A page's socket is gone. `reason`: hung-up, lost, replaced, withdrawn, ended, refused or shutdown."""

    name: ClassVar[str] = "video.ParticipantLeft"
    visit_id: UUID
    participant_id: UUID
    connection_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class CallQualityReported(Event):
    """One end's view of the last stretch of a call; (connection_id, seconds) names it, so twice can be told apart."""

    name: ClassVar[str] = "video.CallQualityReported"
    visit_id: UUID
    participant_id: UUID
    connection_id: UUID
    seconds: int
    rtt_ms: int
    loss_permille: int
    concealed_permille: int
    kbps: int
    relayed: int
    restarts: int
