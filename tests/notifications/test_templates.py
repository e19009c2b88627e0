"""Every registered message, in every language: it reads, and it says nothing that a message must not say."""

import pytest

from portal.kernel.locale import LANGUAGES
from portal.notifications import Template, register_template, render_email, render_sms, template_by_name
from tests.factories.notifications import PLAIN
from tests.support.papers import CLINIC

pytestmark = pytest.mark.usefixtures("app")
CODE = {"code": "123456", "minutes": "10"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_stands_in_every_form_of_the_message(language: str) -> None:
    template = template_by_name("one_time_code")
    sms = render_sms(template, values=CODE, language=language, zone="UTC", clinic="Harbour Clinic")
    mail = render_email(template, values=CODE, language=language, zone="UTC", clinic=CLINIC)
    for text in (sms.text, mail.text, mail.html or ""):
        assert "123456" in text
        assert "Harbour Clinic" in text
    assert "123456" not in mail.subject


def test_a_code_fits_into_one_text_message() -> None:
    sms = render_sms(template_by_name("one_time_code"), values=CODE, language="en", zone="UTC", clinic="Harbour Clinic")
    assert len(sms.text) <= 160


def test_a_name_belongs_to_one_message() -> None:
    register_template(PLAIN)
    with pytest.raises(RuntimeError, match="two messages"):
        register_template(Template(name=PLAIN.name, sms=str, subject=str, body=lambda values: []))
