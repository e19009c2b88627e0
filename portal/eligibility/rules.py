"""Pure decisions of eligibility."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["insurance", "self-pay"]
Status = Literal["clear", "unclear", "needs-manual"]

STATUSES: tuple[Status, ...] = ("clear", "unclear", "needs-manual")
#: FHIR R4 subscriber-relationship codes that we ask for
HOLDERS = ("self", "spouse", "parent", "other")


@dataclass(frozen=True, kw_only=True)
class CoverageStatement:
    """What somebody says about who pays. For self-pay the texts are empty and `holder` is "self"."""

    kind: Kind
    payer: str = ""
    plan: str = ""
    member_id: str = ""
    holder: str = "self"


def initial_status(statement: CoverageStatement) -> Status:
    """Nobody has asked the payer yet, so a new coverage is unclear; who pays alone needs no payer."""
    return "clear" if statement.kind == "self-pay" else "unclear"


def normalise_member_id(text: str) -> str:
    """A member id for comparison: people copy it from a card with spaces, hyphens and either case."""
    return "".join(sign for sign in text if sign.isalnum()).upper()
