"""Whether bytes may hold a secret at all: a superset of the rules, cheap enough to run on everything that arrives.

Most bytes are prose, and a pass over them costs 0.4 ns a byte when the pattern begins with one literal letter, ten
times as much when it begins with a choice. So each word that betrays a secret is looked for by its rarest letter:
common ones by such a pattern, capitals with `bytes.find`, which is memchr and costs next to nothing.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from whyspan_collector.redaction.shapes import CARDS

_Find: TypeAlias = Callable[[bytes], object]

_PASSES: Final = (
    # api_key, accesskey, private key; access_token and idToken, not input_tokens; cookie; sk-..., sk_live_...
    rb"k(?:ey(?:(?<=[pP][iI]key)|(?<=[pP][iI][_\-. ]key)|(?<=vatekey)|(?<=vate[_\-. ]key)|(?<=esskey)|(?<=ess[_\-. ]key))|en(?:(?<=[shdnr][_\-.]token)|(?<=[shdnr][tT]oken))(?!s|_c)|ie(?<=ookie)|[-_](?<=sk[-_])[\w-]{16}|_(?:live|test)_)",
    rb"w(?:ord(?<=assword)|d(?:(?<=asswd)|(?<=[pP]wd)))",
    rb"c(?:ret(?<=secret)|redential|_(?<=whsec_)|onnection.?[sS]tring)",
    rb"z(?:ation(?<=horization)|a(?<=AIza)[\w-]{20})",
    rb"g(?:h[pousr]_\w{20}|ithub_pat_|lpat-)",
    rb"f_(?<=hf_)[A-Za-z]{16}",
    rb"x(?<=xox)[a-z]-",
    rb"yJ(?<=eyJ)[\w-]{8}",
)
_CAPITALS: Final = {
    b"K": rb"K(?:EY|ey|EN|IE)|K(?<=AK)IA|K(?<=PRIVATE K)",
    b"W": rb"W(?:ORD|D(?<=[SP]WD))",
    b"C": rb"C(?:RET|REDENTIAL|redential|onnection.?[sS]tring|ONNECTION)",
    b"Z": rb"ZATION",
    b"B": rb"B(?:earer|EARER)",
    b"S": rb"S(?<=AS)IA|S(?:ecret)",
}
_URL_PASSWORD: Final = re.compile(rb":(?:\\*/){2}[^\s/:@\"']{0,64}:[^\s/@\"']{1,256}@")


def scanner(keys: Sequence[str], patterns: Sequence[str], cards: bool) -> Callable[[bytes], bool]:
    """A function that says whether bytes may hold a secret, by the built-in rules and these; see `Rules`."""
    finds: list[_Find] = [re.compile(pattern).search for pattern in _PASSES]
    finds += [_beside(letter, pattern) for letter, pattern in _CAPITALS.items()]
    finds.append(_url_password)
    finds += [re.compile(pattern.encode()).search for pattern in patterns]
    if keys:
        names = ("[^A-Za-z0-9]{0,3}".join(key) for key in keys)
        finds.append(re.compile(f"(?i:{'|'.join(names)})".encode()).search)
    if cards:
        finds.append(re.compile(CARDS.encode()).search)

    def may_hold_a_secret(data: bytes) -> bool:
        return any(find(data) for find in finds)

    return may_hold_a_secret


def _beside(letter: bytes, pattern: bytes) -> _Find:
    """Finds a pattern that has this letter, which is rare, where it begins."""
    match = re.compile(pattern).match

    def find(data: bytes) -> bool:
        at = data.find(letter)
        while at >= 0:
            if match(data, at):
                return True
            at = data.find(letter, at + 1)
        return False

    return find


def _url_password(data: bytes) -> bool:
    """A password before the @ of a URL; most @ are those of mail addresses."""
    at = data.find(b"@")
    while at >= 0:
        if _URL_PASSWORD.search(data, max(0, at - 330), at + 1):
            return True
        at = data.find(b"@", at + 1)
    return False
