"""The words by which a draft calls its two sides, and the modal verbs of its register.

Templates keep to modal verbs after a side's name, so that "the Provider" and "we" fit the same sentence. A side has
three cases: `{a}` may act on `{ao}` with `{ap}` leave; so for b, payer and payee, and for x, who may end the contract,
and y, whose conduct is then at stake.
"""

import random
from typing import NamedTuple

from pipeline.teacher.simulated.phrases import pick


class Side(NamedTuple):
    subject: str
    object: str
    possessive: str


_ROLES = {
    "NDA": "Discloser Recipient|Owner Recipient|Discloser Reviewer|Sender Recipient|Owner Evaluator|Holder Receiver",
    "SaaS": "Provider Customer|Vendor Subscriber|Supplier Client|Licensor Licensee|Host Customer|Operator User",
    "services": "Contractor Client|Consultant Client|Supplier Customer|Agency Client|Builder Principal|Adviser Client",
    "employment": "Employer Employee|Company Employee|Employer Worker|Company Manager|Firm Employee|Company Appointee",
}
_WE, _YOU = Side("we", "us", "our"), Side("you", "you", "your")
_AGREEMENT = {
    "formal": ("this Agreement", "this Agreement", "this Contract", "the present Agreement"),
    "plain": ("this agreement", "this contract", "the contract", "our agreement", "this deal"),
    "terse": ("agreement", "contract", "this agreement"),
    "letter": ("our agreement", "this agreement", "our contract", "this contract"),
}
_SHALL = {"formal": ("shall",), "plain": ("must", "will"), "terse": ("to",)}
_NOTICE = (
    "{num} days' <written notice|prior written notice|notice|notice in writing>",
    "{num} days' <written notice|prior written notice|notice|notice in writing>",
    "<one month's|two months'|three months'|six months'> <written notice|notice>",
    "a notice of {days}",
    "<four|six|eight> weeks' <written notice|notice>",
)


ROLE_WORDS = frozenset(" ".join(_ROLES.values()).replace("|", " ").split())


def draw_roles(rng: random.Random, contract_type: str) -> tuple[str, str]:
    first, second = pick(rng, _ROLES[contract_type].split("|")).split()
    return first, second


def voice(
    rng: random.Random, register: str, letter: bool, pronouns: bool, roles: tuple[str, str], a_pays: bool
) -> dict[str, str | tuple[str, ...]]:
    a, b = (_WE, _YOU) if pronouns else (_noun(register, roles[0]), _noun(register, roles[1]))
    word = pick(rng, ("party", "side"))
    either, other = ("either of us", "the other") if pronouns else (f"either {word}", f"the other {word}")
    x, y = pick(rng, ((_same(either), _same(other)),) * 2 + ((a, b), (b, a)))
    sides = {"a": a, "b": b, "payer": a if a_pays else b, "payee": b if a_pays else a, "x": x, "y": y}
    slots: dict[str, str | tuple[str, ...]] = {"either": either, "dnotice": _NOTICE}
    for name, side in sides.items():
        slots |= {name: side.subject, f"{name}o": side.object, f"{name}p": side.possessive}
    shall = pick(rng, ("must", "will") if letter else _SHALL[register])
    agreement = pick(rng, _AGREEMENT["letter" if letter else register])
    return slots | {
        "agreement": agreement,
        "both": "both of us" if pronouns else ("both parties" if word == "party" else "both sides"),
        "neither": either.replace("either", "neither"),
        "may": "can" if register == "plain" and rng.random() < 0.5 else "may",
        "shall": shall,
        "shallnot": "not to" if shall == "to" else f"{shall} not",
    }


def _same(name: str) -> Side:
    return Side(name, name, f"{name}'s")


def _noun(register: str, role: str) -> Side:
    return _same({"formal": f"the {role}", "plain": f"the {role.lower()}", "terse": role}[register])
