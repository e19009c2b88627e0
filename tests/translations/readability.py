"""How hard an English text is to read: the school grade of Flesch and Kincaid.

Syllables are counted by their vowels, which is right for nearly every plain word; a library that knows each word would
bring a dictionary of megabytes for the same answer.
"""

import re

TAG = re.compile(r"<[^>]*>")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
SENTENCE_END = re.compile(r"[.?!:;]+(?=\s|$)|\n")
#: An address or a phone number is read at one look.
AT_ONE_LOOK = re.compile(r"\S+@\S+\w|\+?\d[\d ]*\d")
WORD = re.compile(r"[A-Za-z]+(?:[-'’][A-Za-z]+)*|\d+")
VOWELS = re.compile(r"[aeiouy]+")
#: Two vowels that are two syllables: "allergies" no, "video", "clinician" no, "usual", "quiet", "trying" yes.
APART = re.compile(
    r"eo(?!p)|ua[lt]|iet|ia(?!n|l\b|nce)|iou(?<!ciou)(?<!tiou)|io(?!n|u)|scien|ying|rea(?:$|s$|t[ei])|dea|being|dial"
)
#: An e that nobody says, within a compound or at the end.
SILENT = re.compile(
    r"(?<=ev)e(?=ry)|(?<=som)e(?=\w)|(?<=wher)e(?=\w)|(?<=ther)e(?=fore)"
    r"|(?<=[^aeiouy])(?<![^aeiouy]l)e$|(?<=[^aeioutdy])(?<![^aeiouyrlw]l)e(?=d$)|(?<=[^aeiouscxzghy])(?<![^aeiouyrlw]l)e(?=s$)|(?<=th)e(?=s$)"
)
#: Long words that people know from any clinic, and for which there is no shorter one. They count as two syllables.
KNOWN = {
    "administrator": "who gives roles; staff's own word",
    "emergency": "as in emergency number",
    "interpreter": "who says it in your language",
    "insurance": "as on the card",
}


def syllables(word: str) -> int:
    """How many syllables an English word has, at least one."""
    letters = re.sub(r"['’]\w+$", "", word.lower())
    if letters.removesuffix("s") in KNOWN:
        return 2
    return max(len(VOWELS.findall(SILENT.sub("", letters))) + len(APART.findall(letters)), 1)


def plain(text: str) -> str:
    """The text as it is read, what is filled in being one short word."""
    return AT_ONE_LOOK.sub("name", TAG.sub(" ", PLACEHOLDER.sub("name", text)))


def words(text: str) -> list[str]:
    """The words of a text."""
    return WORD.findall(plain(text))


def grade(text: str) -> float:
    """The school grade in which the text is read easily: 4 to 6 are nine to eleven years of age."""
    own = words(text)
    sentences = [part for part in SENTENCE_END.split(plain(text)) if WORD.search(part)]
    return 0.39 * len(own) / len(sentences) + 11.8 * sum(map(syllables, own)) / len(own) - 15.59
