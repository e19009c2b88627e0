"""Who rotates keys, and who sees past every policy."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.servers import superuser


@pytest.fixture
def admin(urls: dict[str, str]) -> Iterator[psycopg.Connection]:
    with superuser(urls) as connection:
        yield connection
