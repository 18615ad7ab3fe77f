"""The made-up callers that the stand-in knows. Owns their secrets; nothing here opens anything.

SOURCE: the example key of AWS's own documentation, and keys made up for the tests. The account of
the last two is in the key id, as AWS encodes it: 111122223333.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    access_key: str
    secret: str
    user: str
    session_token: str = ""


CALLERS = (
    Caller("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "example"),
    Caller("AKIARTX3GSDSQANCWPCN", "alice0secret0for0tests0only0aaaaaaaaaaaa", "alice"),
    Caller("ASIARTX3GSDSQBKWM54I", "bob00secret0for0tests0only0bbbbbbbbbbbbb", "bob",
           "FwoGZXIvYXdzEStandInSessionToken//////////wEaDPlantedSecret=="),
)


def known_callers():
    return {caller.access_key: caller for caller in CALLERS}
