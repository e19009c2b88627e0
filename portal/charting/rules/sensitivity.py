"""Labels of what not every reader of a record may read, and the label that a diagnosis' code suggests.

The labels are HL7 v3 ActCode's (InformationSensitivityPolicy). The table follows the idea of a security labelling
service (HL7 Healthcare Privacy and Security Classification System; HL7 FHIR Data Segmentation for Privacy): codes of
known sensitivity suggest a label. Its ranges are chapters of ICD-10-CM, in the four categories of SAMHSA's
Consent2Share; tobacco is no substance use disorder to 42 CFR 2.11. A table agrees with clinicians in little more than
half of the cases (Grando et al. 2020, doi:10.1016/j.ijmedinf.2020.104121), therefore it suggests and never decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.charting.rules.diagnoses import dotted

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10 = "http://hl7.org/fhir/sid/icd-10"
NORMAL = "N"
#: Normal, or what its other readers need a clearance for.
SENSITIVITIES = (NORMAL, "PSY", "SEX", "HIV", "ETH")


@dataclass(frozen=True, slots=True)
class _Range:
    """Codes from the first to the last, both with all that begins with them."""

    first: str
    last: str
    label: str

    def holds(self, code: str) -> bool:
        return self.first <= code[: len(self.first)] and code[: len(self.last)] <= self.last


#: The first that fits counts: what is narrower stands before what is wider.
SUGGESTED: Sequence[_Range] = (
    _Range("B20", "B24", "HIV"),  # HIV disease
    _Range("B97.35", "B97.35", "HIV"),  # HIV 2 as the cause of another disease
    _Range("O98.7", "O98.7", "HIV"),  # HIV disease in pregnancy
    _Range("R75", "R75", "HIV"),  # laboratory evidence, inconclusive
    _Range("Z11.4", "Z11.4", "HIV"),  # screening
    _Range("Z20.6", "Z20.6", "HIV"),  # contact and exposure
    _Range("Z21", "Z21", "HIV"),  # infection without symptoms
    _Range("Z71.7", "Z71.7", "HIV"),  # counselling
    _Range("F17", "F17", NORMAL),  # tobacco
    _Range("F10", "F19", "ETH"),  # disorders due to alcohol and drugs
    _Range("K70", "K70", "ETH"),  # alcoholic liver disease
    _Range("O99.31", "O99.32", "ETH"),  # alcohol and drug use in pregnancy
    _Range("Z71.4", "Z71.5", "ETH"),  # counselling for alcohol and drugs
    _Range("F52", "F52", "SEX"),  # sexual dysfunction
    _Range("F64", "F66", "SEX"),  # gender identity and sexual orientation
    _Range("A50", "A64", "SEX"),  # infections with a mainly sexual way of passing on
    _Range("O00", "O9A", "SEX"),  # pregnancy, childbirth and after
    _Range("Z11.3", "Z11.3", "SEX"),  # screening for infections passed on sexually
    _Range("Z30", "Z3A", "SEX"),  # contraception, fertility, pregnancy
    _Range("Z70", "Z70", "SEX"),  # counselling on sexuality
    _Range("Z72.5", "Z72.5", "SEX"),  # sexual behaviour
    _Range("F01", "F99", "PSY"),  # mental disorders
    _Range("R45.85", "R45.85", "PSY"),  # thoughts of suicide or of violence
    _Range("T14.91", "T14.91", "PSY"),  # suicide attempt
    _Range("X71", "X83", "PSY"),  # self-harm
)


def suggested_sensitivity(system: str, code: str) -> str:
    """The label that a coded statement suggests; N for what is not coded in ICD-10."""
    if system not in {ICD_10_CM, ICD_10}:
        return NORMAL
    written = dotted(code.strip().upper())
    return next((one.label for one in SUGGESTED if one.holds(written)), NORMAL)
