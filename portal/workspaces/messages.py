"""The message about the audit record's checkpoint. It holds numbers and a signature, nothing of any patient.

The checkpoint is one paragraph with its own lines, so that it can be read out of the mail again
(`portal audit verify --mail`).
"""

from portal.kernel.locale import gettext as _
from portal.notifications import Template, Values, register_template


def _subject(values: Values) -> str:
    return _("%(clinic)s: checkpoint %(number)s of who saw what", **values)


def _body(values: Values) -> list[str]:
    return [
        _("This is a signed checkpoint of the record of who saw what at %(clinic)s, as of %(made_at)s.", **values),
        _("Keep this mail. You do not have to do anything."),
        _("Should anybody ever change or cut the record, the lines below prove what it was:"),
        values["note"].strip(),
    ]


register_template(
    Template(
        name="audit_checkpoint",
        sms=_subject,
        subject=_subject,
        body=_body,
        title=lambda: _("Checkpoint of who saw what"),
    )
)


register_template(
    Template(
        name="staff_invitation",
        sms=lambda values: _(
            "%(clinic)s invites you to work with its portal: %(link)s", clinic=values["clinic"], link=values["link"]
        ),
        subject=lambda values: _("%(clinic)s invites you to work with its portal", clinic=values["clinic"]),
        body=lambda values: [
            _("%(clinic)s has made room for you in its portal.", clinic=values["clinic"]),
            _("Open the link, choose a password, and have your phone at hand for the second factor."),
            _("The link works once, for 7 days. Do not pass it on."),
            _("Do you not know why you get this? Then you do not have to do anything."),
        ],
        link_text=lambda _values: _("Make my account"),
        title=lambda: _("Invitation to work here"),
    )
)

register_template(
    Template(
        name="access_review_due",
        sms=lambda values: _("%(clinic)s: the access review is due on %(due_at)s.", **values),
        subject=lambda values: _("%(clinic)s: the access review is due", clinic=values["clinic"]),
        body=lambda values: [
            _("At %(clinic)s somebody has to go through who may do what, by %(due_at)s.", **values),
            _("Sign in, decide about each person, and sign the review off."),
        ],
        link_text=lambda _values: _("See the access review"),
        title=lambda: _("Access review is due"),
    )
)
