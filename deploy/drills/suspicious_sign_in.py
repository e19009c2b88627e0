"""Somebody is signed in as a clinician from a place where the clinician is not, and has opened a record."""

import sys

from deploy.drills.drill import Drill, on_the_demo
from portal.audit import Wanted, export_leaves
from portal.identity import reactivate_account, suspend_account
from portal.kernel.permissions import Role

STRANGE = "203.0.113.66"


def rehearse(drill: Drill) -> None:
    """See docs/security/runbooks/suspicious-sign-in.md."""
    begun = drill.now()
    victim = drill.hire("Drill Suspicious Sign-in", Role.CLINICIAN)
    theirs = drill.sign_in(victim, device="The clinic's PC", address="198.51.100.7")
    strange = drill.sign_in(victim, device="An unknown browser", address=STRANGE)
    opened, unopened = drill.patients(2, of=victim)
    drill.check(
        "a record was opened from the strange place", holds=drill.look_at(strange, [opened], address=STRANGE) == 1
    )

    drill.step("An administrator suspends the account: Clinic, People, the person, Suspend")
    with drill.as_person(drill.administrator("people")) as session:
        suspend_account(session, account_id=victim.id, reason="A strange sign-in.", now=drill.now())
    held = [drill.opens(token) for token in (theirs, strange)]
    drill.check("every browser of the account is signed out", holds=held == [None, None])

    drill.step("An administrator looks at what the account did: Who saw what, by person and day")
    with drill.as_person(drill.administrator("audit")) as session:
        leaves = export_leaves(session, wanted=Wanted(person=victim.id, since=begun))
        found = {leaf.patient_id for leaf in leaves if leaf.patient_id and leaf.address == STRANGE}
    drill.check("the record names what was opened from there, and nothing else", holds=found == {opened})
    drill.check("what nobody opened is not among it", holds=unopened not in found)

    drill.command("reset-second-factor", "--clinic", drill.clinic.slug, "--email", victim.email)
    drill.step("The password is replaced on the sign-in page; an administrator takes the person back")
    with drill.as_person(drill.administrator("people")) as session:
        reactivate_account(session, account_id=victim.id, reason="It was looked into.", now=drill.now())
    drill.check("the strange browser still opens nothing", holds=drill.opens(strange) is None)
    drill.leave(victim)


if __name__ == "__main__":
    sys.exit(on_the_demo(rehearse))
