"""Fields take what people write and give back what programs can use, and say in plain words what is wrong."""

import io
from datetime import date
from typing import Any

import pytest
from flask import Flask, g
from PIL import Image
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from portal.kernel.locale import ReaderLocale, set_locale
from portal.kernel.money import Money
from portal.web.fields import (
    CodeField,
    DateInThreeBoxesField,
    MoneyField,
    PhotoField,
    PortalForm,
    field_view,
    form_errors,
)
from portal.web.phone_fields import CountryPhoneField, EmailOrPhoneField, PhoneField


class Sample(PortalForm):
    name = StringField("Name", [Length(min=2)])
    days = IntegerField("Days", [NumberRange(min=1, max=30)])
    phone = PhoneField("Phone", region="US")
    contact = EmailOrPhoneField("Contact", region="US")
    code = CodeField("Code")
    born = DateInThreeBoxesField("Born", [InputRequired()])
    price = MoneyField("Price")
    photo = PhotoField("Photo", max_bytes=20_000)


def filled(**values: Any) -> Sample:
    return Sample(
        formdata=MultiDict({key.replace("_", "-"): value for key, value in values.items()}), meta={"csrf": False}
    )


def errors_of(form: Sample, name: str) -> list[str]:
    form.validate()
    return list(field_view(form[name]).errors)


@pytest.mark.parametrize("typed", ["(512) 555-0142", "512 555 0142", "+1 512 555 0142", "٥١٢ ٥٥٥ ٠١٤٢"])
def test_phone_number_as_people_write_it(within: Flask, typed: str) -> None:
    assert filled(phone=typed).phone.data == "+15125550142"


def test_wrong_phone_number_comes_back_as_typed(within: Flask) -> None:
    form = filled(phone="12")
    assert errors_of(form, "phone") == ["Write a phone number with its area code, for example 512 555 0142."]
    assert 'value="12"' in form.phone()


def test_phone_number_is_read_as_the_clinics_country(within: Flask) -> None:
    class Local(PortalForm):
        phone = PhoneField("Phone")

    class Kenya:
        country = "KE"

    g.clinic = Kenya()
    form = Local(formdata=MultiDict({"phone": "0712 345678"}), meta={"csrf": False})
    assert form.phone.data == "+254712345678"


def test_one_box_takes_phone_or_mail(within: Flask) -> None:
    phone, mail = filled(contact="512 555 0142").contact, filled(contact="Ana.B@Example.COM").contact
    assert (phone.data, phone.channel) == ("+15125550142", "sms")
    assert (mail.data, mail.channel) == ("Ana.B@example.com", "email")
    assert filled(contact="ana@").contact.data is None


def test_code_forgives_spaces_and_digits_of_other_scripts(within: Flask) -> None:
    assert filled(code="123 456").code.data == "123456"
    assert filled(code="١٢٣٤٥٦").code.data == "123456"
    assert errors_of(filled(code="12345"), "code") == ["The code is 6 digits."]
    assert 'value=""' in filled(code="123456").code()


def test_date_in_three_boxes(within: Flask) -> None:
    assert filled(born_day="31", born_month="3", born_year="1984").born.data == date(1984, 3, 31)


@pytest.mark.parametrize(
    ("day", "month", "year", "said"),
    [
        ("31", "2", "1984", "Write a real date. There is no such day in that month."),
        ("31", "", "1984", "Fill in the day, the month and the year."),
        ("3", "2", "84", "Write the year with four digits, for example 1984."),
        ("", "", "", "Fill in this answer."),
    ],
)
def test_wrong_date_keeps_its_boxes(within: Flask, day: str, month: str, year: str, said: str) -> None:
    form = filled(born_day=day, born_month=month, born_year=year)
    assert errors_of(form, "born") == [said]
    assert [part.value for part in form.born.parts()] == [month, day, year]


def test_stored_date_fills_the_boxes_in_the_readers_order(within: Flask) -> None:
    form = Sample(formdata=None, born=date(1984, 3, 31), meta={"csrf": False})
    assert [part.value for part in form.born.parts()] == ["3", "31", "1984"]
    set_locale(ReaderLocale("es", "UTC"))
    assert [part.value for part in form.born.parts()] == ["31", "3", "1984"]


def test_money_by_the_readers_decimal_sign(within: Flask) -> None:
    assert filled(price="25.50").price.data == Money(2550, "USD")
    assert filled(price="1,025.50").price.data == Money(102550, "USD")
    set_locale(ReaderLocale("es", "UTC"))
    assert filled(price="25,50").price.data == Money(2550, "USD")
    assert errors_of(filled(price="25,505"), "price")


def photo_of(content: bytes, name: str = "skin.jpg") -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


def image(form: str = "JPEG", side: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, form)
    return out.getvalue()


def test_photo_is_an_image_within_its_size(within: Flask) -> None:
    form = filled(photo=photo_of(image()))
    assert errors_of(form, "photo") == []
    assert form.photo.data is not None and form.photo.data.stream.tell() == 0
    assert "not a photo" in errors_of(filled(photo=photo_of(b"<svg onload=alert(1)>")), "photo")[0]
    assert "not a photo" in errors_of(filled(photo=photo_of(image("GIF"))), "photo")[0]
    assert "too large" in errors_of(filled(photo=photo_of(b"\xff" * 20_001)), "photo")[0]


def test_built_in_messages_are_in_plain_words(within: Flask) -> None:
    form = filled(name="A", days="31")
    assert errors_of(form, "name") == ["Write at least 2 letters or digits."]
    assert errors_of(form, "days") == ["Write a number from 1 to 30."]
    assert errors_of(filled(days="many"), "days") == ["Write a whole number, for example 12."]


def test_summary_leads_to_the_first_box_of_a_date(within: Flask) -> None:
    form = filled(name="Ana", days="3", born_day="", born_month="", born_year="")
    form.validate()
    assert form_errors(form) == [("born-month", "Born – Fill in this answer.")]


class Abroad(PortalForm):
    phone = CountryPhoneField("Phone number", [InputRequired()], region="US")


@pytest.mark.parametrize(
    ("typed", "country", "read"),
    [
        ("512 555 0142", None, "+15125550142"),
        ("0712 345678", "+254", "+254712345678"),
        ("+44 20 7946 0018", "254", "+442079460018"),
        ("٠٧١٢ ٣٤٥٦٧٨", "٢٥٤", "+254712345678"),
        ("512 555 0142", "+1", "+15125550142"),
    ],
)
def test_a_number_is_read_by_the_country_beside_it(within: Flask, typed: str, country: str | None, read: str) -> None:
    sent = MultiDict({"phone": typed, **({"phone-country": country} if country else {})})
    form = Abroad(sent, meta={"csrf": False})
    assert form.validate()
    assert form.phone.data == read


def test_a_refused_number_comes_back_with_its_country(within: Flask) -> None:
    form = Abroad(MultiDict({"phone": "071", "phone-country": "+254"}), meta={"csrf": False})
    assert not form.validate()
    view = field_view(form.phone)
    assert view.value == "071"
    assert [part.value for part in view.parts] == ["+254"]
    assert view.focus_id == "phone"


def test_a_known_number_is_shown_as_its_own_country_writes_it(within: Flask) -> None:
    view = field_view(Abroad(phone="+254712345678", meta={"csrf": False}).phone)
    assert view.value == "0712 345678"
    assert [part.value for part in view.parts] == ["+254"]


@pytest.mark.parametrize("code", ["999", "Kenya", "+"])
def test_a_code_that_no_country_has_is_refused_in_words(within: Flask, code: str) -> None:
    form = Abroad(MultiDict({"phone": "0712 345678", "phone-country": code}), meta={"csrf": False})
    assert not form.validate()
    assert form.phone.errors == ["There is no country with this code. Write it with digits, for example +1 or +254."]
    assert field_view(form.phone).parts[0].value == code
