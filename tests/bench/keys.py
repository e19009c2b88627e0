"""Rows and files that a rotation of keys seals anew in a second, and what a back-up's seal takes."""

import io
import os
import time
from datetime import date

from portal.app.key_commands import begin_objects, finish_objects, rotate_clinic
from portal.kernel.crypto import SecretParcelKey, open_parcel, seal_parcel
from portal.patients.models import Patient
from tests.bench.figures import Table
from tests.bench.ground import Ground

TARGET = 1_000
FILE_BYTES = 200_000


def measure(ground: Ground, *, rows: int) -> Table:
    """`rows`: patients, each with a sealed phone number and address; a tenth as many files."""
    clinic = ground.small_clinic()
    with ground.worker.transaction(clinic.system("demo")) as session:
        session.add_all(_patient(ground, number) for number in range(rows))
    with ground.worker.transaction(clinic.system("documents")) as session:
        for _ in range(rows // 10):
            ground.rotator.objects.put(session, os.urandom(FILE_BYTES))
    begin = time.perf_counter()
    sealed = rotate_clinic(ground.rotator.database, clinic.id, settle_seconds=0)
    a_second = sealed / (time.perf_counter() - begin)
    begin = time.perf_counter()
    files = begin_objects(ground.rotator, clinic.id)
    files_a_second = files / (time.perf_counter() - begin)
    finish_objects(ground.rotator, clinic.id, settle_seconds=0)
    seal, unseal = _parcel(64 << 20)
    shown = [
        ["rows with two sealed values, sealed anew a second", f"{a_second:,.0f}"],
        [f"files of {FILE_BYTES // 1000} KB, sealed anew a second, flushed to disk", f"{files_a_second:,.0f}"],
        ["back-up sealed to a public key, MB a second", f"{seal:,.0f}"],
        ["back-up opened, MB a second", f"{unseal:,.0f}"],
    ]
    misses = [] if a_second > TARGET else [f"Rows a second are below the target of {TARGET:,}"]
    return Table(title="Rotation of keys", columns=["what", "figure"], rows=shown, misses=misses)


def _patient(ground: Ground, number: int) -> Patient:
    return Patient(
        given_name="Ana",
        family_name="Castle",
        given_key="ana",
        family_key="castle",
        birth_date=date(1980, 2, 29),
        language="es",
        zone="America/New_York",
        jurisdiction="US-MA",
        phone=f"+1617{number:07d}",
        email=f"ana{number}@example.org",
        origin="desk",
        created_at=ground.clock.now,
    )


def _parcel(size: int) -> tuple[float, float]:
    """Megabytes a second, sealing and opening."""
    key, content = SecretParcelKey.make(), os.urandom(size)
    sealed, opened = io.BytesIO(), io.BytesIO()
    begin = time.perf_counter()
    seal_parcel(io.BytesIO(content), sealed, to=[key.public])
    between = time.perf_counter()
    open_parcel(io.BytesIO(sealed.getvalue()), opened, key=key)
    end = time.perf_counter()
    return size / (between - begin) / 1e6, size / (end - between) / 1e6
