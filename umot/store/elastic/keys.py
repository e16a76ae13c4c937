"""The ids of state entries."""

from hashlib import sha256
from typing import Final

from umot.errors import StoreError
from umot.store.contract import Space

_LONGEST_ID: Final = 512
_LONGEST_KEY: Final = 8_191


def state_id(space: Space, key: str) -> str:
    """Return the id of an entry: space and key, or their digest where that is longer than an id may be.

    Raises:
        StoreError: a key so long that it could not be found by its prefix.
    """
    if len(key) > _LONGEST_KEY:
        raise StoreError(f"state {space}: found a key of {len(key)} characters, expected at most {_LONGEST_KEY}")
    whole = f"{space}/{key}"
    return whole if len(whole.encode()) <= _LONGEST_ID else f"{space}//{sha256(key.encode()).hexdigest()}"
