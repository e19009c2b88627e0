"""What a note is made of, when a save conflicts, and the text over which a signature stands."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal
from uuid import UUID

#: SOAP: what the patient says, what is found, what it is, what is to be done.
SECTIONS = ("subjective", "objective", "assessment", "plan")


@dataclass(frozen=True, kw_only=True)
class NoteText:
    """The four sections of a note, as written."""

    subjective: str = ""
    objective: str = ""
    assessment: str = ""
    plan: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written at all."""
        return not any(getattr(self, section).strip() for section in SECTIONS)

    def normalised(self) -> "NoteText":
        """Line ends as browsers and scripts alike would send them."""
        return NoteText(**{section: getattr(self, section).replace("\r\n", "\n") for section in SECTIONS})


def outcome_of_save(
    *, stored_version: int, stored_text: NoteText, stored_editor: UUID | None,
    base_version: int, text: NoteText, editor: UUID | None,
) -> Literal["same", "newer", "conflict"]:  # fmt: skip
    """What a save means: nothing new, the next version, or text written upon an older version.

    A page whose own save was stored but whose answer was lost comes back with the version before: that is its next
    save, not a conflict, since nobody else has written in between.
    """
    if text.normalised() == stored_text.normalised():
        return "same"
    if base_version == stored_version:
        return "newer"
    if editor is not None and editor == stored_editor and base_version == stored_version - 1:
        return "newer"
    return "conflict"


def canonical_note(text: NoteText, diagnoses: Sequence[tuple[str, str]], *, visit_id: UUID, signed_by: UUID) -> bytes:
    """What the digest of a signed note is made over: sections, diagnoses (code, display) in order, visit, signer."""
    content = {
        **asdict(text.normalised()),
        "diagnoses": [list(one) for one in diagnoses],
        "visit": str(visit_id),
        "signed_by": str(signed_by),
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
