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
