"""What the tests' hasher remembers is what the portal's own would say."""

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from portal.identity import password_cost
from tests.support.hashing import Remembering


@pytest.fixture
def hasher() -> Remembering:
    return Remembering(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_a_password_is_right_and_another_wrong_however_often_one_asks(hasher: Remembering) -> None:
    hashed = hasher.hash("correct horse battery")
    assert hasher.hash("correct horse battery") == hashed != hasher.hash("correct horse batterz")
    for _ in range(2):
        assert hasher.verify(hashed, "correct horse battery")
        with pytest.raises(VerifyMismatchError):
            hasher.verify(hashed, "correct horse batterz")
        with pytest.raises(InvalidHashError):
            hasher.verify("no hash", "correct horse battery")


def test_what_it_hashes_is_a_hash_of_the_real_one(hasher: Remembering) -> None:
    assert PasswordHasher().verify(hasher.hash("seven quiet herons wade"), "seven quiet herons wade")


def test_the_suite_hashes_at_the_portals_cost() -> None:
    memory, passes, _ = password_cost()
    assert memory >= 46 * 1024 and passes >= 2
