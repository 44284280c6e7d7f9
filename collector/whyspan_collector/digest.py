"""The hash by which bytes are told to be the same."""

from hashlib import sha256
from typing import Final

_UNDER_THE_LOCK: Final = 2_047
"""Of more bytes at once, hashlib lets go of Python's lock; with several threads that costs a span 20 us to get it back."""


def digest(*parts: bytes) -> bytes:
    """128 bits of SHA-256 over the parts one after the other."""
    state = sha256()
    for part in parts:
        if len(part) <= _UNDER_THE_LOCK:
            state.update(part)
        else:
            for at in range(0, len(part), _UNDER_THE_LOCK):
                state.update(part[at : at + _UNDER_THE_LOCK])
    return state.digest()[:16]
