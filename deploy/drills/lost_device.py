"""A member of staff has lost a phone that is signed in and holds the authenticator app."""

import sys

from deploy.drills.drill import Drill, on_the_demo
from portal.identity import reactivate_account, suspend_account
from portal.identity.queries import has_factor
from portal.kernel.permissions import Role


def rehearse(drill: Drill) -> None:
    """See docs/security/runbooks/lost-device.md."""
    loser = drill.hire("Drill Lost Device", Role.CLINICIAN)
    phone = drill.sign_in(loser, device="A phone that is lost", address="198.51.100.7")
    drill.check("the lost phone is signed in", holds=drill.opens(phone) is not None)

    drill.step("An administrator suspends the account: Clinic, People, the person, Suspend")
    with drill.as_person(drill.administrator("people")) as session:
        suspend_account(session, account_id=loser.id, reason="A phone is lost.", now=drill.now())
    drill.check("the lost phone opens nothing any more", holds=drill.opens(phone) is None)

    ran = drill.command("reset-second-factor", "--clinic", drill.clinic.slug, "--email", loser.email)
    drill.check("the command worked", holds=ran.code == 0)
    with drill.as_system("provisioning") as session:
        drill.check("the app on it is void", holds=not has_factor(session, account_id=loser.id))

    drill.step("An administrator takes the person back: Clinic, People, the person, Reactivate")
    with drill.as_person(drill.administrator("people")) as session:
        reactivate_account(session, account_id=loser.id, reason="They have a new phone.", now=drill.now())
    drill.check("the lost phone still opens nothing", holds=drill.opens(phone) is None)
    fresh = drill.sign_in(loser, device="A new phone", address="198.51.100.8")
    drill.check("they work again", holds=drill.opens(fresh) is not None)
    drill.leave(loser)


if __name__ == "__main__":
    sys.exit(on_the_demo(rehearse))
