"""The clauses on the main sum, those that replace it, and the sums that are not the main one."""

import random
from typing import Any

from pipeline.teacher.simulated.dates_money import Currency, amount, currency, sum_text
from pipeline.teacher.simulated.phrases import pick, pools
from pipeline.teacher.simulated.scene import Clause, Order, Part, Scene, Tags, clause

_PAYING = pools("""
[main formal]
in return for {thing}, {payer} shall pay {payeeo} {sumper}<, due {payterm}|>
the {fee} is {sumper}<, payable {payterm}|>
{payer} shall pay {payeeo} a {fee} of {sumper}<, due {payterm}|>
for {thing}, {payer} shall pay {sumper} {payterm}
the {fee} payable to {payeeo} amounts to {sumper}
as consideration for {thing}, a {fee} of {sumper} shall be paid to {payeeo} {payterm}
{payee} shall be entitled to a {fee} of {sumper}, payable {payterm}
the {fee} under {agreement} is fixed at {sumper} and falls due {payterm}
{payer} shall remit {sumper} to {payeeo} {payterm} for {thing}
[main plain]
{payer} will pay {payeeo} {sumper} for {thing}
the {fee} is {sumper}, paid {payterm}
for {thing}, {payer} will pay {sumper} {payterm}
{payee} will get {sumper} for {thing}, paid {payterm}
the price of {thing} comes to {sumper}, to be paid {payterm}
{payer} must pay a {fee} of {sumper} {payterm}
{both} agreed on a {fee} of {sumper}, payable {payterm}
what {thing} costs {payero} is {sumper}, due {payterm}
[main terse]
{sumper}, {payterm}
{sumper} for {thing}
{sumper}
{sumper}, due {payterm}
{sumper}, payable {payterm} to {payeeo}
{sumper} from {payero}, {payterm}
[wage formal]
in return for {thing}, {payer} shall pay {payeeo} {sumper}<, due {payterm}|>
the {fee} is {sumper}<, payable {payterm}|>
{payer} shall pay {payeeo} a {fee} of {sumper}<, payable {payterm}|>
the {fee} payable to {payeeo} amounts to {sumper}
{payee} shall be entitled to a {fee} of {sumper}, payable {payterm}
the {fee} under {agreement} is fixed at {sumper} and falls due {payterm}
{payee} shall receive {sumper} for {thing}, payable {payterm}
{payer} shall pay, {payterm}, a {fee} of {sumper}
as of the first day of work, {payee} shall receive a {fee} of {sumper}
[wage plain]
{payer} will pay {payeeo} {sumper} for {thing}
the {fee} is {sumper}, paid {payterm}
for {thing}, {payer} will pay {sumper} {payterm}
{payee} will get {sumper} for {thing}, paid {payterm}
{payer} must pay a {fee} of {sumper} {payterm}
{both} agreed on a {fee} of {sumper}, payable {payterm}
{payee} will earn {sumper}, paid {payterm}
{payee} will start on a {fee} of {sumper}
the {fee} for {thing} comes to {sumper}, paid {payterm}
[wage terse]
{sumper}, {payterm}
{sumper} for {thing}
{sumper}
{sumper}, payable {payterm} to {payeeo}
{sumper} from {payero}, {payterm}
[formula]
the {fee} {shall} equal {pct} of {base}
{payer} {shall} pay {payeeo} {pct} of {base}, {payterm}
for {thing}, {payer} {shall} pay {pct} of {base}
the {fee} is worked out as {pct} of {base}
[replaced]
the {fee} in {at_paying} is replaced: {payer} {shall} pay {sumper} instead
notwithstanding {at_paying}, the {fee} <is now|shall be> {sumper} in place of {oldsum}
{at_paying} is amended so that the {fee} <reads|becomes> {sumper} instead of {oldsum}
the earlier {fee} of {oldsum} no longer applies; {payer} {shall} pay {sumper} from now on
by amendment, {oldsum} is struck out and the {fee} <is now|becomes> {sumper}
[cap]
the total liability of {payeeo} under {agreement} {shallnot} exceed {other}
liability is capped at {other} in all
damages owed by either side are limited to {other}
[penalty]
for each breach of these duties a penalty of {other} {shall} fall due
a late delivery {shall} cost a penalty of {other}
[deposit]
{payer} {shall} lodge a refundable deposit of {other} as security
a security deposit of {other} {shall} be given back within {days} of the last day
[expenses]
travel expenses {shall} be repaid up to a limit of {other}
expenses above {other} {shall} need prior consent of {officer}
[bonus]
a discretionary bonus of up to {other} {may} be granted by {officer}
where targets are met, {officer} {may} grant a bonus of {other} on top
[insured]
{insurance} with a cover of at least {other} {shall} be kept in place
""")

_HEADINGS = ("Payment", "Fees", "Charges", "Remuneration", "Consideration", "Price and payment")
_PAY_HEADINGS = ("Salary", "Pay", "Remuneration", "Payment")
_FEE = {
    "NDA": Tags("paying", ("Access fee", "Fee", "Consideration", "Price"), _HEADINGS),
    "SaaS": Tags("paying", ("Subscription fee", "Fee", "Price", "Charges"), _HEADINGS),
    "services": Tags("paying", ("Fee", "Price", "Remuneration", "Charges", "Contract price"), _HEADINGS),
    "employment": Tags("paying", ("Salary", "Pay", "Remuneration", "Base salary", "Gross salary"), _PAY_HEADINGS),
}
_NEW_FEE = Tags(
    "paying_change", ("Amendment", "New price", "Change"), ("Amendment", "Special terms", "Change of price")
)
_OTHER = {
    "cap": Tags("cap", ("Liability", "Cap", "Liability cap"), ("Liability", "Limit of liability")),
    "penalty": Tags("penalty", ("Penalty", "Breach"), ("Penalty", "Contractual penalty")),
    "deposit": Tags("deposit", ("Deposit", "Security"), ("Security", "Deposit")),
    "expenses": Tags("expenses", ("Expenses", "Costs"), ("Expenses", "Travel and expenses")),
    "bonus": Tags("bonus", ("Bonus", "Extra pay"), ("Bonus", "Incentives")),
    "insured": Tags("insured", ("Insurance", "Cover"), ("Insurance", "Cover")),
}
_PERIODS = {
    "NDA": (
        ("<in total|in one sum|as a single payment>", 400, 60_000),
        ("per month", 200, 9_000),
        ("per disclosure", 60, 4_000),
    ),
    "SaaS": (
        ("<per month|a month|each month|monthly>", 150, 12_000),
        ("<per year|a year|annually>", 900, 120_000),
        ("<per quarter|each quarter>", 400, 30_000),
        ("per seat and year", 40, 900),
    ),
    "services": (
        ("<in total|in all|as a lump sum>", 1_200, 250_000),
        ("<per month|a month|each month>", 400, 30_000),
        ("<per hour|an hour>", 25, 320),
        ("<per day|a day>", 250, 2_400),
        ("<per visit|for each visit>", 80, 1_500),
        ("<per week|a week>", 300, 9_000),
    ),
    "employment": (
        ("<per year|a year|per annum|annually>", 24_000, 190_000),
        ("<per month|a month|each month>", 1_900, 14_000),
        ("<per hour|an hour>", 14, 95),
        ("gross per <month|year>", 20_000, 90_000),
    ),
}
_OTHERS = {
    "NDA": ("penalty", "cap", "deposit"),
    "SaaS": ("cap", "deposit", "cap", "insured"),
    "services": ("cap", "penalty", "expenses", "deposit", "insured"),
    "employment": ("bonus", "expenses", "bonus"),
}
_PAYTERMS = (
    "within {days} of <invoice|receipt of an invoice|the invoice date>",
    "in arrears",
    "in advance",
    "by bank transfer",
    "on the <first|last|tenth|15th> of <each|the> month",
    "against a proper invoice",
    "in equal instalments",
    "at the latest {days} after delivery",
    "by standing order",
    "without deduction",
)
_WAGE_TERMS = (
    "in arrears",
    "by bank transfer",
    "on the <last|first|25th> <day|working day> of <each|the> month",
    "into an account of {bp} choice",
    "after the usual deductions",
    "by standing order",
    "less tax and social security",
    "with the monthly payroll",
    "not later than {weekday} of the last week",
)
_BASES = (
    "net sales of the {unit} line",
    "the value of each order",
    "net revenue",
    "gross receipts",
    "the margin earned in {unit}",
    "the savings shown in {schedule}",
)


def draw_pay(rng: random.Random, scene: Scene, order: Order) -> Part:
    money = currency(rng)
    if not order.present or (not (order.strict or order.overriding) and rng.random() < 0.05):
        return _no_sum(rng, scene, money)
    period, low, high = pick(rng, _PERIODS[scene.contract_type])
    value = amount(rng, low, high, money)
    said = _say(
        rng, scene, "wage" if scene.contract_type == "employment" else "main", _per(rng, scene, value, money, period)
    )
    if order.overriding:
        return _replaced(rng, scene, said, value, money, period)
    if not order.distractor:
        return Part((said,), _answer(value, money))
    other = _other(rng, scene, money, value)
    return Part((said, *other.clauses), _answer(value, money), other.distractors)


def _no_sum(rng: random.Random, scene: Scene, money: Currency) -> Part:
    """Nothing on money, a percentage without a sum, or a sum that is not the main one."""
    chance = rng.random()
    if chance < 0.2:
        return Part((_say(rng, scene, "formula", "", base=scene.say(rng, pick(rng, _BASES))),))
    return Part() if chance < 0.8 else _other(rng, scene, money, 0.0)


def _replaced(rng: random.Random, scene: Scene, said: Clause, old: float, money: Currency, period: str) -> Part:
    new = old
    while new == old:
        new = amount(rng, int(old / money.scale * 0.7) + 1, int(old / money.scale * 1.6) + 9, money)
    oldsum = sum_text(rng, old, money, "figures" if scene.amount_style == "both" else scene.amount_style)
    changed = _say(rng, scene, "replaced", _per(rng, scene, new, money, period), oldsum=oldsum)
    return Part((said, changed), _answer(new, money), (("payment_amount", _answer(old, money)),))


def _other(rng: random.Random, scene: Scene, money: Currency, main: float) -> Part:
    """A cap, deposit, penalty …: a sum that is not the main one, and never equal to it."""
    name = pick(rng, _OTHERS[scene.contract_type])
    low, high = (20_000, 2_000_000) if name in ("cap", "insured") else (150, 9_000)
    value = main
    while value == main:
        value = amount(rng, low, high, money)
    said = clause(rng, scene, _PAYING, name, _OTHER[name], other=sum_text(rng, value, money, scene.amount_style))
    return Part((said,), None, (("payment_amount", _answer(value, money)),))


def _say(rng: random.Random, scene: Scene, name: str, sumper: str, **more: str) -> Clause:
    tags = _NEW_FEE if name == "replaced" else _FEE[scene.contract_type]
    payterm = scene.say(rng, pick(rng, _WAGE_TERMS if scene.contract_type == "employment" else _PAYTERMS))
    return clause(rng, scene, _PAYING, name, tags, sumper=sumper, payterm=payterm, **more)


def _per(rng: random.Random, scene: Scene, value: float, money: Currency, period: str) -> str:
    return f"{sum_text(rng, value, money, scene.amount_style)} {scene.say(rng, period)}"


def _answer(value: float, money: Currency) -> dict[str, Any]:
    return {"amount": int(value) if value == int(value) else value, "currency": money.code}
