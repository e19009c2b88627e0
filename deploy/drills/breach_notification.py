"""Records were opened by somebody who may not have: whose they are, and by when they and the authorities are told."""

import sys
from datetime import datetime, timedelta

from deploy.drills.drill import Drill, on_the_demo
from portal.audit import Wanted, export_leaves
from portal.kernel.permissions import Role

#: From so many affected on, media and the authority are told at once (45 CFR 164.406, 164.408).
MANY = 500


def deadlines(discovered: datetime, affected: int) -> dict[str, datetime]:
    """Who is told by when at the latest. Many laws ask for less time: a lawyer decides, these are the outer bounds."""
    sixty = discovered + timedelta(days=60)
    year_end = datetime(discovered.year, 12, 31, tzinfo=discovered.tzinfo)
    return {
        "data protection authority (GDPR art. 33)": discovered + timedelta(hours=72),
        "each patient (45 CFR 164.404)": sixty,
        "HHS (45 CFR 164.408)": sixty if affected >= MANY else year_end + timedelta(days=60),
        **({"media of the state (45 CFR 164.406)": sixty} if affected > MANY else {}),
    }


def rehearse(drill: Drill) -> None:
    """See docs/security/runbooks/breach-notification.md."""
    begun = drill.now()
    insider = drill.hire("Drill Breach", Role.CLINICIAN)
    browser = drill.sign_in(insider, device="The clinic's PC", address="198.51.100.7")
    *opened, unopened = drill.patients(4, of=insider)
    drill.check(
        "three records were opened", holds=drill.look_at(browser, opened, address="198.51.100.7") == len(opened)
    )

    drill.step("An administrator exports what the account opened: Who saw what, by person and days, as CSV")
    with drill.as_person(drill.administrator("audit")) as session:
        leaves = export_leaves(session, wanted=Wanted(person=insider.id, since=begun))
        affected = {leaf.patient_id for leaf in leaves if leaf.patient_id}
    drill.check("every patient whose record was opened is on the list, once", holds=affected == set(opened))
    drill.check("the one whose record was not is not", holds=unopened not in affected)
    for who, by in deadlines(begun, len(affected)).items():
        drill.say(f"    {who}: by {by:%Y-%m-%d %H:%M} UTC")

    with drill.as_person(drill.administrator("audit")) as session:
        looks = export_leaves(session, wanted=Wanted(since=begun, purpose="audit"))
    drill.check("that the record was read is in the record", holds=len(looks) > 0)
    drill.leave(insider)


if __name__ == "__main__":
    sys.exit(on_the_demo(rehearse))
