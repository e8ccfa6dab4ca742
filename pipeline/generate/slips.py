"""Slips in common words: a text is misspelt for certain where one of these words is written with a letter too few, a
doubled letter missing, or two letters changed over.

A lower bound on what people misspell, for which no word list has to be brought along: it sees only slips in these
words, and only such that make no other word.

>>> slips("I have not recieved the refnd on my acount")
['recieved', 'refnd', 'acount']
"""

import re
from functools import cache

COMMON = """
about account actually address again agreement airport already although always amount another answer anything
appointment arrive arrived available baggage balance because before believe between booking business cancel cannot
carrier change charge charged charges check cheque claim clause company complaint complete computer confirm connection
contract correct country coverage credit currency customer damaged decline declined definitely delivered delivery
deposit different discount document domestic double download email employee error everything exchange expired explain
extra february finally finish flight following foreign fraudulent friend general government guarantee happen happened
help holiday however immediately important incorrect information instead insurance internet invoice issue itinerary
kindly language maintenance manager message minutes missing mobile money month morning necessary nothing number
occurred online order package parcel party password payment pending people person phone please policy possible premium
price problem problems process product purchase question really reason receipt receive received recipient reference
refund refused regarding remember renewal reservation reset return returned reverted salary schedule security separate
service several shipping should software something statement still stolen subscription successful support surprise
system technical terminate termination their thought ticket tomorrow transaction transfer transferred transport
trouble understand unfortunately until update upgrade urgent usually vehicle verify virtual website wednesday weird
whether which withdraw withdrawal without would wrong yesterday
""".split()
_REAL = frozenset(
    """
anther aways cause clase compete compliant contact county eror fiend fight fried manger minuets moring noting peole
plicy proces rally reste reused revered sipping stil
""".split()
)
"""Words of their own that a slip in another would make."""
_WORDS = re.compile(r"[a-z]+(?![a-z’'-])")


@cache
def known_slips() -> frozenset[str]:
    """Every slip of the common words that is no word of its own."""
    made = {slip for word in COMMON if len(word) >= 5 for slip in _slips_of(word)}
    return frozenset(made - _REAL - set(COMMON))


def _slips_of(word: str) -> set[str]:
    """The first letter stays; a letter is left out only of words with six or more."""
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)}
    halved = {word[:at] + word[at + 1 :] for at in range(1, len(word)) if word[at] == word[at - 1]}
    dropped = {word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)} if len(word) >= 6 else set()
    return {slip for slip in swapped | halved | dropped if slip != word and len(slip) >= 4}


def slips(text: str) -> list[str]:
    return [word for word in _WORDS.findall(text.lower()) if word in known_slips()]
