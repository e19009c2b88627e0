"""Whether somebody has to interpret at a visit."""

from collections.abc import Collection

#: What is settled of an appointment. FHIR R4 has the wish (Patient.communication, patient-interpreterRequired) only.
INTERPRETER_STATES = ("not-needed", "needed", "arranged")


def interpreter_need(*, wanted: bool, spoken: str | None, clinician_speaks: Collection[str]) -> str:
    """The state at booking: whoever asks for an interpreter needs none where the clinician talks as they do."""
    return "needed" if wanted and spoken is not None and spoken not in clinician_speaks else "not-needed"


def interpreter_after_move(
    state: str, *, other_clinician: bool, wanted: bool, spoken: str | None, clinician_speaks: Collection[str]
) -> str:
    """The state after a move: whoever was arranged has the old time, and another clinician talks otherwise."""
    if other_clinician:
        wanted = wanted or state != "not-needed"
        return interpreter_need(wanted=wanted, spoken=spoken, clinician_speaks=clinician_speaks)
    return "needed" if state == "arranged" else state
