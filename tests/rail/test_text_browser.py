"""Somebody who hears or feels a terminal books a visit: from the phone number to the booked time, in w3m."""

import re
from pathlib import Path

from deploy.stack import Stack
from tests.rail.people import Inbox
from tests.support.text_browser import TextBrowser, text_browser

PHONE = "+16175550177"


def test_a_text_browser_signs_up_answers_consents_and_books(stack: Stack, tmp_path: Path) -> None:
    inbox = Inbox(stack.var / "inbox")
    with text_browser(tmp_path, f"{stack.tls_url}/harbour/sign-in") as reader:
        sign_up(reader, inbox)
        fill_in_intake(reader)
        sign_consent(reader)
        booked = book(reader)
    assert re.search(r"Eastern (Standard|Daylight) Time", booked)
    inbox.await_message(PHONE, r"your appointment is on .*Eastern.*/harbour/v/")


def sign_up(reader: TextBrowser, inbox: Inbox) -> None:
    reader.await_words("Sign in or sign up")
    reader.write("Your phone number or e-mail", PHONE)
    reader.press("Send me a code")
    reader.await_words("Write your code")
    reader.write("Your code", inbox.await_message(PHONE, r"\b(\d{6})\b")[1])
    reader.press("Continue")
    reader.await_words("Who is this visit for")
    birth = {"Month": "3", "Day": "7", "Year": "1979"}
    for label, words in {"First name": "Rosa", "Last name": "Nuñez", **birth}.items():
        reader.write(label, words)
    reader.press("Continue")
    assert re.findall(r"([\d. ]+)Answer the health", reader.await_words("Hello, Rosa"))[-1].strip().isdigit()


def fill_in_intake(reader: TextBrowser) -> None:
    """As few answers as the questions let pass; the first time without the words, which is said and loses nothing."""
    reader.press("Answer the health questions")
    reader.await_words("Start")
    reader.press("Start")
    reader.await_words("Why do you want a visit")
    reader.choose("A new health problem")
    reader.press("Save and continue")
    assert "(*)A new health problem" in reader.await_words("Error: Fill in this answer")
    question = "Tell us in your own words"
    reader.write_at_length(question, "I have had a cough for five days.", under="What is it mostly about")
    save(reader, "Is it an emergency")
    reader.choose("None of these")
    save(reader, "How do you feel")
    reader.choose("Cough")
    reader.write("How many", "5")
    reader.pick("Hours, days, weeks", "days")
    reader.choose("All at once")
    reader.choose("3", under="0 is not bad at all, 10")
    save(reader, "Your health until now")
    reader.choose("None")
    save(reader, "Your medicines")
    reader.choose("I take no medicines")
    save(reader, "Your allergies")
    reader.choose("I have no allergies that I know of")
    save(reader, "Your pharmacy")
    save(reader, "How will you pay")
    reader.choose("I pay myself")
    save(reader, "Photos")
    answers = save(reader, "Look at your answers")
    assert all(
        answer in answers for answer in ("I have had a cough for five days.", "5 days", "All at once", "3 of 10")
    )
    reader.press("Send my answers")
    reader.await_words("Your answers have arrived")
    reader.press("Continue")
    reader.await_words("Hello, Rosa")


def save(reader: TextBrowser, next_title: str) -> str:
    reader.press("Save and continue")
    return reader.await_words(next_title)


def sign_consent(reader: TextBrowser) -> None:
    reader.press("Read and sign the consent")
    reader.await_words("Write your full name")
    reader.choose("I have read this text and I agree")
    reader.write("Write your full name", "Rosa Nuñez")
    reader.press("Sign", under="write your own name")
    reader.await_words("You have signed the consent")
    reader.press("Continue")
    reader.await_words("Hello, Rosa")


def book(reader: TextBrowser) -> str:
    """The first free time; returns the page's words about it."""
    reader.press("Book a visit")
    reader.await_words("What kind of visit")
    reader.press("General video visit")
    reader.await_words("Where will you be")
    reader.press("Continue")
    times = reader.await_words("Choose a day and time")
    reader.press(re.findall(r"\d+:\d\d", times)[0])
    reader.await_words("Check your visit")
    reader.press("Book this visit")
    return reader.await_words("Your visit is booked")
