"""The clauses on when a contract takes effect, and those that move that day or leave it to an event."""

import datetime
import random

from pipeline.teacher.simulated.dates_money import date_text, day, later
from pipeline.teacher.simulated.phrases import pick, pools
from pipeline.teacher.simulated.scene import Clause, Order, Part, Scene, Tags, clause

_STARTING = pools("""
[eff formal]
{agreement} <takes effect|becomes effective|enters into force|comes into force> on {eff}
the effective date of {agreement} is {eff}
with effect from {eff}, {both} are bound by {agreement}
the rights and duties of {both} under {agreement} <arise|begin> on {eff} (the "Effective Date")
{agreement} <commences|shall commence> on {eff}, <whatever the day of signature|irrespective of when it is signed>
the term of {agreement} <begins|commences> on {eff}
as from {eff} (the "Commencement Date"), {agreement} binds {both}
{agreement} is effective as of {eff}
the day on which {agreement} enters into force is {eff}
{both} shall treat {eff} as the effective date of {agreement}
[eff plain]
{agreement} <starts|begins> on {eff}
{agreement} applies from {eff}
the start date is {eff}
from {eff}, {agreement} is in force
{agreement} goes live on {eff}, and {both} are bound from that day
{both} are bound from {eff}
{agreement} runs from {eff}
things start on {eff}, the day on which {agreement} takes effect
count {eff} as the day on which {agreement} starts
[eff terse]
{eff}
{eff}, whenever signed
from {eff}
as of {eff}
on {eff}
{eff} (first day)
{eff}, in force from then
[made formal]
{agreement} is dated {made}
{agreement} was made on {made}
{both} entered into {agreement} on {made}
{agreement} was concluded <in|at> {city} and is dated {made}
[made plain]
{agreement} is dated {made}
{both} made {agreement} on {made}
{agreement} was made in {city} on {made}
[made terse]
{made}
[event formal]
{agreement} takes effect <once|when|as soon as> {condition}
the effective date is the day on which {condition}
{agreement} enters into force only after {condition}
until {condition}, {agreement} has no effect
[event plain]
{agreement} starts <once|when|as soon as> {condition}
nothing binds {both} until {condition}
the start date is the day on which {condition}
[event terse]
once {condition}
when {condition}
as soon as {condition}
[moved formal]
notwithstanding the date <above|first written above>, {agreement} <commences|shall take effect> only on {eff}
by way of amendment, the effective date is moved from {olddate} to {eff}
the earlier start of {olddate} is withdrawn, and {agreement} takes effect on {eff} instead
despite the date stated before, {both} agree that {agreement} enters into force on {eff}
[moved plain]
despite the date above, {agreement} <starts|takes effect> only on {eff}
the start has been moved: {agreement} now starts on {eff} and not on {olddate}
{both} first had {olddate} in mind, but {agreement} now starts on {eff}
forget the earlier date, as {agreement} takes effect on {eff} instead
[moved terse]
moved from {olddate} to {eff}
{eff} (replaces {olddate})
now {eff}, no longer {olddate}
""")

_START = Tags(
    "starting",
    ("Effective date", "Start", "Commencement", "In force", "Start date", "Commencement date", "Taking effect"),
    ("Commencement", "Effective Date", "Start", "Entry into force", "Beginning", "Coming into effect"),
)
_MADE = Tags("made", ("Date", "Dated", "Made on", "Date of contract"), ("Date", "Date of contract", "Making"))
_MOVED = Tags(
    "starting_change", ("New start", "Change of start", "Amended start"), ("Amendment", "Change of start", "New start")
)
_CONDITIONS = (
    "both signatures are in place",
    "both boards have approved it",
    "{officer} of each side has signed",
    "the {unit} permit has been issued",
    "the regulator has given its consent",
    "the first order under {schedule} arrives",
    "proof of {insurance} has been shown",
    "the works council has agreed",
)


def draw_start(rng: random.Random, scene: Scene, order: Order) -> Part:
    if not order.present:
        return _no_day(rng, scene, order)
    if order.overriding:
        return _moved(rng, scene)
    eff = day(rng)
    inline = scene.layout != "key_terms"
    if order.distractor:
        return _made_and_effective(rng, scene, later(rng, eff, -90, -3), eff, inline)
    name = "made" if rng.random() < 0.3 else "eff"
    if inline and rng.random() < 0.6:
        return Part((), eff.isoformat(), (), name, _texts(rng, scene, **{name: eff}))
    return Part((_say(rng, scene, name, **{name: eff}),), eff.isoformat())


def _made_and_effective(
    rng: random.Random, scene: Scene, made: datetime.date, eff: datetime.date, inline: bool
) -> Part:
    value, wrong = eff.isoformat(), (("effective_date", made.isoformat()),)
    if inline and rng.random() < 0.4:
        return Part((), value, wrong, "both", _texts(rng, scene, made=made, eff=eff))
    start = _say(rng, scene, "eff", eff=eff)
    if inline:
        return Part((start,), value, wrong, "made", _texts(rng, scene, made=made))
    return Part((_say(rng, scene, "made", made=made), start), value, wrong)


def _moved(rng: random.Random, scene: Scene) -> Part:
    old = day(rng)
    eff = later(rng, old, 10, 150)
    moved = _say(rng, scene, "moved", eff=eff, olddate=old)
    value, wrong = eff.isoformat(), (("effective_date", old.isoformat()),)
    if scene.layout == "key_terms" or rng.random() < 0.4:
        return Part((_say(rng, scene, "eff", eff=old), moved), value, wrong)
    return Part((moved,), value, wrong, "eff", _texts(rng, scene, eff=old))


def _no_day(rng: random.Random, scene: Scene, order: Order) -> Part:
    """Nothing on the start, or a start that waits for an event; sometimes after a day on which it was made."""
    if rng.random() < 0.7:
        return Part()
    event = clause(rng, scene, _STARTING, "event", _START, condition=scene.say(rng, pick(rng, _CONDITIONS)))
    if order.strict or scene.layout == "key_terms" or rng.random() < 0.6:
        return Part((event,))
    made = day(rng)
    wrong = (("effective_date", made.isoformat()),)
    return Part((event,), None, wrong, "made", _texts(rng, scene, made=made))


def _say(rng: random.Random, scene: Scene, name: str, **days: datetime.date) -> Clause:
    tags = {"eff": _START, "made": _MADE, "moved": _MOVED}[name]
    return clause(rng, scene, _STARTING, name, tags, **_texts(rng, scene, **days))


def _texts(rng: random.Random, scene: Scene, **days: datetime.date) -> dict[str, str]:
    return {name: date_text(rng, date, scene.date_style) for name, date in days.items()}
