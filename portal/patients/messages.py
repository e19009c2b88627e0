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
