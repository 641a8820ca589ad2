"""Numbers and keys of the people in a register."""

import hashlib

from cohorts.models.people import ERASED_KEY, Register
from phases.models import Rollout


def lock_register(rollout: Rollout) -> Register:
    """Lock the register of a rollout until the transaction ends; made when the first person comes."""
    Register.objects.get_or_create(rollout=rollout)
    return Register.objects.select_for_update().get(rollout=rollout)


def take_numbers(register: Register, count: int) -> range:
    """Give out the next `count` numbers of a locked register. A number is never given out again."""
    first = register.last_number + 1
    register.last_number += count
    register.save(update_fields=["last_number"])
    return range(first, first + count)


def key_after_erasure(key: str) -> str:
    """Return what remains of a selection key when the person is erased."""
    return ERASED_KEY + hashlib.sha256(key.encode()).hexdigest()
