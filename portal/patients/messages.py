"""Messages of patients: the clinic's name and a link, nothing else."""

from portal.kernel.locale import gettext as _
from portal.notifications import Template, register_template

register_template(
    Template(
        name="patient_invitation",
        sms=lambda values: _(
            "%(clinic)s invites you to its online visits. Start here: %(link)s",
            clinic=values["clinic"],
            link=values["link"],
        ),
        subject=lambda values: _("%(clinic)s invites you to its online visits", clinic=values["clinic"]),
        body=lambda values: [
            _("You can now use the online visits of %(clinic)s.", clinic=values["clinic"]),
            _("Open the link. We then send a code to you, to make sure that it is you."),
            _("The link works for 7 days."),
        ],
        link_text=lambda _values: _("Start here"),
    )
)

register_template(
    Template(
        name="emergency_opened",
        sms=lambda values: _(
            "%(clinic)s: a record was opened in an emergency. Please review it: %(link)s",
            clinic=values["clinic"],
            link=values["link"],
        ),
        subject=lambda values: _("%(clinic)s: emergency access to review", clinic=values["clinic"]),
        body=lambda values: [
            _("A clinician of %(clinic)s has opened a record in an emergency.", clinic=values["clinic"]),
            _("Please sign in, see what was done and why, and write whether it was appropriate."),
        ],
        link_text=lambda _values: _("See what waits for review"),
        title=lambda: _("Emergency access to review"),
    )
)

register_template(
    Template(
        name="proxy_appointed",
        sms=lambda values: _(
            "%(clinic)s: you can now act for somebody. Sign in here: %(link)s",
            clinic=values["clinic"],
            link=values["link"],
        ),
        subject=lambda values: _("%(clinic)s: you can now act for somebody", clinic=values["clinic"]),
        body=lambda values: [
            _("%(clinic)s has noted that you may act for somebody there.", clinic=values["clinic"]),
            _("Sign in with this contact to see for whom, and for what. You can end it there at any time."),
        ],
        link_text=lambda _values: _("Sign in"),
        title=lambda: _("May act for a patient"),
    )
)

register_template(
    Template(
        name="proxy_ended",
        sms=lambda values: _("%(clinic)s: you no longer act for somebody there.", clinic=values["clinic"]),
        subject=lambda values: _("%(clinic)s: you no longer act for somebody", clinic=values["clinic"]),
        body=lambda values: [
            _("You could act for somebody at %(clinic)s. That has ended.", clinic=values["clinic"]),
            _("Is that not right? Phone the clinic."),
        ],
        title=lambda: _("No longer acts for a patient"),
    )
)

register_template(
    Template(
        name="proxy_invitation",
        sms=lambda values: _(
            "%(clinic)s: somebody asks you to act for them there. Open: %(link)s",
            clinic=values["clinic"],
            link=values["link"],
        ),
        subject=lambda values: _("%(clinic)s: somebody asks you to act for them", clinic=values["clinic"]),
        body=lambda values: [
            _("A patient of %(clinic)s asks you to help with visits there.", clinic=values["clinic"]),
            _("Open the link. We then send a code to you, to make sure that it is you."),
            _("Do you not expect this? Then do nothing. The link works for 7 days."),
        ],
        link_text=lambda _values: _("See the invitation"),
        title=lambda: _("Invited to act for a patient"),
    )
)
