"""Processes of tests: the real parts with settings of the test run."""

from pathlib import Path

from portal.app.processes import Process, make_process
from portal.kernel.config import Settings
from tests.support.clock import Clock


def make_test_process(role: str, *, urls: dict[str, str], redis_url: str, folder: Path, clock: Clock) -> Process:
    """Parts of a process that logs in as `role`."""
    settings = Settings(
        demo=True,
        open_unscanned=True,
        secret_key="secret-of-tests-secret-of-tests-secret",
        key_file=folder / "key",
        database_url=urls[role],
        redis_url=redis_url,
        public_url="https://localhost",
        object_store_dir=folder / "objects",
        static_cache_dir=folder / "static",
        inbox_dir=folder / "inbox",
        video_ticket_key="video-of-tests-video-of-tests-video",
        job_retry_seconds=1,
        code_minutes=10,
    )
    return make_process(settings, pool_size=24, clock=clock)
