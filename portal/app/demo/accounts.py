"""What `make run` prints: with what to sign in."""

from portal.app.demo.clinics import CLINICS, PASSWORD


def demo_accounts() -> list[str]:
    """Lines for a terminal."""
    lines = [f"Staff of every clinic: the password is {PASSWORD}"]
    for clinic in CLINICS:
        lines.append(f"{clinic.name}: /{clinic.slug}/ for patients, /{clinic.slug}/staff/sign-in for staff")
        lines += [
            f"  {', '.join(role.value.replace('_', ' ') for role in one.roles):<16} {one.email:<26} {one.name}"
            for one in clinic.staff
        ]
    lines.append("Patients sign in with any phone number or e-mail; the code comes to /dev/inbox")
    return lines
