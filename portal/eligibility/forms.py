"""Forms of eligibility."""

from wtforms import HiddenField, RadioField, StringField, TextAreaField, validators
from wtforms.validators import InputRequired, Length, Optional

from portal.eligibility.rules import HOLDERS, STATUSES, CoverageStatement
from portal.eligibility.wording import holder_name, status_name
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.locale import lazy_pgettext
from portal.web.fields import PortalForm


class CheckForm(PortalForm):
    """The desk's answer: is this coverage good?"""

    coverage = HiddenField(validators=[InputRequired(), validators.UUID()])
    status = RadioField(
        _l("Is the coverage clear?"),
        [InputRequired(_l("Choose a status."))],
        choices=lambda: [(code, status_name(code)) for code in STATUSES],
    )
    note = TextAreaField(
        lazy_pgettext("a remark", "Note"),
        [Optional(), Length(max=1000)],
        description=_l("For example whom you asked and what they said. Do not write health details here."),
    )


class StatementForm(PortalForm):
    """Who pays, as the patient tells the desk."""

    kind = RadioField(
        _l("How will the visits be paid?"),
        [InputRequired(_l("Choose how the visits will be paid."))],
        choices=lambda: [("insurance", _("With insurance")), ("self-pay", _("The patient pays"))],
    )
    payer = StringField(_l("Insurance company"), [Optional(), Length(max=120)])
    plan = StringField(lazy_pgettext("of an insurance", "Plan"), [Optional(), Length(max=120)])
    member_id = StringField(
        _l("Member number"),
        [Optional(), Length(max=60)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "dir": "ltr"},
    )
    holder = RadioField(
        _l("Whose insurance is it?"),
        [Optional()],
        choices=lambda: [(code, holder_name(code)) for code in HOLDERS],
        default="self",
    )

    def validate(self, extra_validators: object = None) -> bool:
        right = bool(super().validate(extra_validators))
        if self.kind.data == "insurance" and not (self.payer.data or "").strip():
            self.payer.errors = [*self.payer.errors, _("Write the name of the insurance company.")]
            right = False
        return right

    def statement(self) -> CoverageStatement:
        """What was said; what belongs to insurance is left out where the patient pays."""
        if self.kind.data == "self-pay":
            return CoverageStatement(kind="self-pay")
        return CoverageStatement(
            kind="insurance",
            payer=self.payer.data or "",
            plan=self.plan.data or "",
            member_id=self.member_id.data or "",
            holder=self.holder.data or "self",
        )
