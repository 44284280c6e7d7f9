"""Numbers as protobuf writes them."""


def varint(message: bytes, at: int) -> tuple[int, int]:
    """The number at a position, and the position behind it. Raises ValueError where it does not end."""
    number = shift = 0
    for byte in message[at : at + 10]:
        number |= (byte & 127) << shift
        shift += 7
        at += 1
        if byte < 128:
            return number, at
    raise ValueError(f"the number at byte {at} does not end")


def encode_varint(number: int) -> bytes:
    """A number as `varint` reads it."""
    if number < 128:
        return bytes((number,))
    if number < 16_384:
        return bytes((number & 127 | 128, number >> 7))
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
