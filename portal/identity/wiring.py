"""Where app puts the answers to identity's ports, and the rules that the settings give."""

from dataclasses import dataclass

from portal.identity.ports import CodeSender, EmergencyUntil, Landing, MailSender, SignInProvider
from portal.identity.rules import PasskeyPlace, SignInRules


@dataclass(frozen=True, kw_only=True, eq=False)
class Wiring:
    """Answers to the ports, and the rules that the settings give. Each equals itself alone: queries are kept by it."""

    send_code: CodeSender
    send_mail: MailSender
    landing: Landing
    rules: SignInRules
    passkeys: PasskeyPlace
    emergency_until: EmergencyUntil
    single_sign_on: SignInProvider | None = None  # of the web's process alone
    public_url: str = ""


_wired: list[Wiring] = []


def wire(wiring: Wiring) -> None:
    """Called once by app in each process; later calls replace it."""
    _wired[:] = [wiring]


def wiring() -> Wiring:
    """What app wired; LookupError before that."""
    if not _wired:
        raise LookupError("identity is not wired")
    return _wired[0]
