"""The clauses on how a contract ends, by the kind of right they give, and those that take a right away or add one."""

import datetime
import random

from pipeline.teacher.simulated.dates_money import date_text, day, later
from pipeline.teacher.simulated.phrases import pick, pools
from pipeline.teacher.simulated.scene import Clause, Order, Part, Scene, Tags, clause

_ENDING = pools("""
[for_convenience formal]
{x} may terminate {agreement} at any time, for any reason or for none, by giving {dnotice}
{x} may terminate {agreement} for convenience upon {dnotice}
{agreement} may be terminated by {xo} without cause on {dnotice}
{x} may withdraw from {agreement} at will, subject only to {dnotice}
no reason is required: {x} may terminate {agreement} on {dnotice}
termination for convenience is open to {xo} on {dnotice}
the right to terminate {agreement} at any time and without cause is reserved to {xo}
on {dnotice}, and without having to show a breach, {x} may terminate {agreement}
{x} shall be free to end {agreement} without giving reasons, provided that {dnotice} is served
[for_convenience plain]
{x} can end {agreement} at any time and need not say why; {dnotice} is enough
{x} can walk away from {agreement} at any time with {dnotice}, no reason needed
no reason is needed to leave {agreement}: {dnotice} from {xo} is enough
{x} may cancel {agreement} for any reason, or no reason at all, on {dnotice}
should {x} want to stop, {dnotice} ends {agreement}, whatever the reason
{x} can call {agreement} off without giving a reason; all it takes is {dnotice}
{dnotice} from {xo} ends {agreement}, and no one has to explain why
[for_convenience terse]
{xo}, any time, no cause needed, {dnotice}
at will, {xo}, {dnotice}
{xo} may quit without reason, {dnotice}
{dnotice} by {xo}, no grounds required
for convenience, {xo}, {dnotice}
any time and for any reason, {xo}, {dnotice}
no reason needed, {xo} may end on {dnotice}
[for_cause formal]
{x} may terminate {agreement} only where a material breach by {yo} is not cured within {days} of a written warning
should {y} commit a material breach and fail to remedy it within {days}, {x} may terminate {agreement}
{x} may terminate {agreement} upon {ground} or {ground2} on the part of {yo}
the grounds on which {x} may terminate {agreement} are limited to {ground} and {ground2}
{agreement} may be terminated by {xo} for cause only, namely {ground} or {ground2}
{ground} on the part of {yo} shall entitle {xo} to terminate {agreement} <with immediate effect|on {dnotice}>
{x} may terminate {agreement} for good cause, in particular {ground}
if sums due from {yo} remain unpaid for {days}, {x} may terminate {agreement}
save in the event of {ground} or {ground2}, {x} may not terminate {agreement}
[for_cause plain]
{x} can end {agreement} only if {y} should break it and not put things right within {days}
{x} may leave {agreement} only for a serious reason, such as {ground} or {ground2}
if money owed by {yo} stays unpaid for {days}, {x} can end {agreement}
only {ground} or {ground2} lets {xo} end {agreement}
{x} can end {agreement} after {ground} by {yo}, but not otherwise
a serious breach by {yo} that is not fixed within {days} lets {xo} end {agreement}
[for_cause terse]
for cause only ({ground}, {ground2})
{xo}, only after {ground}
only on {ground} or {ground2}
{xo}, after material breach not cured in {days}
uncured breach ({days}) or {ground}, {xo}
good cause required, e.g. {ground}
[mutual_consent formal]
{agreement} may be ended before its term only by written agreement of {both}
{neither} may terminate {agreement} alone; an early end requires the written consent of {both}
early termination of {agreement} requires the mutual written consent of {both}
{both} may terminate {agreement} solely by mutual agreement in writing
{agreement} shall not be terminated early except with the consent of {both}
only a release agreed between {both} and signed by {officer} of each may bring {agreement} to an early end
termination of {agreement} is possible by mutual consent alone, recorded in writing
[mutual_consent plain]
{neither} can end {agreement} alone: {both} have to agree
{agreement} can end early only if {both} agree in writing
ending {agreement} early takes a yes from {both}
{both} can agree to end {agreement} early, but one alone cannot
there is no way out of {agreement} unless {both} agree to end it
only together, by a note that {both} sign, can {agreement} be ended early
[mutual_consent terse]
by mutual written consent only
joint decision of both sides only, in writing
early end only if both agree
no one-sided exit, both must agree
mutual consent, signed by both
both sides together, not one alone
[expiry formal]
{agreement} <expires|shall expire> {expwhen} without any notice being required
{agreement} shall end automatically {expwhen}
the term of {agreement} expires {expwhen}
{agreement} shall cease to have effect {expwhen}, no notice being required
{agreement} lapses of itself {expwhen}
{expwhen}, {agreement} shall come to an end without further act
[expiry plain]
{agreement} ends by itself {expwhen}
nobody has to give notice: {agreement} simply <ends|stops|runs out> {expwhen}
{expwhen}, {agreement} is over
{agreement} runs out {expwhen}
{agreement} comes to its end {expwhen} and needs no notice
{expwhen} {agreement} ends on its own
[expiry terse]
expires {expwhen}
ends {expwhen}, no notice
automatic, {expwhen}
lapses {expwhen}
ends by itself {expwhen}
runs out {expwhen}
[duration formal]
the term of {agreement} is {years}
{agreement} is concluded for a period of {years}
{agreement} shall have a term of {years}
[duration plain]
{agreement} is for {years}
the term is {years}
we plan on {years} for {agreement}
[duration terse]
{years}
a period of {years}
term of {years}
[extra cause]
in addition, {ground} on the part of {yo} {shall} allow {xo} to terminate {agreement} at once
where {ground} occurs, {x} {may} terminate {agreement} at once
{x} {may} also end {agreement} without notice in the event of {ground}
after {ground}, no notice at all is needed to end {agreement}
[to for_cause]
notwithstanding {at_ending}, the right to leave without reason is withdrawn, and only {ground} permits {xo} to terminate
the right in {at_ending} is deleted; {x} may terminate {agreement} only for {ground} or {ground2}
{at_ending} <does not apply|shall not apply>, so that {agreement} can be ended only for cause, such as {ground}
despite {at_ending}, {neither} may end {agreement} without cause; it takes {ground}
[to mutual_consent]
notwithstanding {at_ending}, {neither} may end {agreement} alone, and an early end requires the consent of {both}
the right in {at_ending} is deleted; {agreement} may be ended early only by mutual written consent
{at_ending} <does not apply|shall not apply>: {both} have to agree before {agreement} can end early
despite {at_ending}, {agreement} can be ended early only if {both} agree in writing
[to expiry]
notwithstanding {at_ending}, no right to end {agreement} early exists; it expires {expwhen}
the right in {at_ending} is deleted, and {agreement} simply expires {expwhen}
{at_ending} <does not apply|shall not apply>, and {agreement} ends by itself {expwhen}
despite {at_ending}, nobody can end {agreement} early; it runs out {expwhen}
[to for_convenience]
notwithstanding {at_ending}, {x} may also terminate {agreement} without any reason on {dnotice}
the limits in {at_ending} are deleted, and {x} may terminate {agreement} at any time for any reason on {dnotice}
despite {at_ending}, {x} can end {agreement} at any time without giving a reason, on {dnotice}
{at_ending} <does not apply|shall not apply>: {dnotice} from {xo} ends {agreement}, and no reason is needed
""")

_GROUNDS = (
    "an uncured material breach",
    "insolvency",
    "bankruptcy",
    "the loss of a required licence",
    "non-payment for more than {days}",
    "fraud",
    "a serious breach of {schedule}",
    "a change of control",
    "repeated late payment",
    "a grave breach of trust",
    "wilful misconduct",
    "a criminal conviction",
)
_HEADINGS = ("Termination", "Ending", "Term and termination", "Notice", "End of the agreement", "Exit")
_END = Tags("ending", ("Termination", "Ending", "Exit", "Early end", "How it ends", "Notice and end"), _HEADINGS)
_EXPIRY = Tags("ending", ("Expiry", "End", "End of term", "Ending"), ("Term", "Expiry", "End of term", "Duration"))
_DURATION = Tags("duration", ("Term", "Duration", "Period", "Length"), ("Term", "Duration", "Period"))
_CHANGE = Tags("ending_change", ("Change", "Amendment", "Override"), ("Amendment", "Special terms", "Precedence"))
KINDS = ("for_convenience", "for_cause", "mutual_consent", "expiry")
_CHANGES = {
    "for_convenience": ("for_cause", "mutual_consent", "expiry"),
    "for_cause": ("mutual_consent", "expiry", "for_convenience"),
    "mutual_consent": ("for_convenience",),
    "expiry": ("for_convenience",),
}
"""What an overriding clause may make of each right."""
_WIDER = {"expiry": ("for_convenience", "for_cause", "mutual_consent"), "for_cause": ("for_convenience",)}
_DONE = {
    "NDA": ("once {purpose} <has been decided|is over>", "when {purpose} is over"),
    "SaaS": ("once the last paid period is over", "when the {area} project is over", "with the last paid month"),
    "services": ("once {work} is <complete|finished>", "when {work} <has been accepted|is done>"),
    "employment": (
        "when the {unit} project is complete",
        "once the colleague on leave returns",
        "at the close of the season",
    ),
}


def draw_end(rng: random.Random, scene: Scene, order: Order, start: datetime.date | None) -> Part:
    """`start` keeps the day of expiry, where one is named, behind the day on which the contract takes effect."""
    exp = later(rng, start or day(rng), 200, 1900)
    if not order.present:
        silent = rng.random() < 0.75
        return Part() if silent else Part((clause(rng, scene, _ENDING, "duration", _DURATION),))
    if order.overriding:
        old = pick(rng, tuple(_CHANGES))
        new = pick(rng, _CHANGES[old])
        return _two(rng, scene, exp, (old, f"to {new}"), new, old)
    if order.distractor:
        narrow = pick(rng, tuple(_WIDER))
        wide = pick(rng, _WIDER[narrow])
        return _two(rng, scene, exp, (wide, "extra cause") if narrow == "for_cause" else (narrow, wide), wide, narrow)
    kind = pick(rng, KINDS)
    said, wrong = _say(rng, scene, kind, exp)
    return Part((said,), kind, wrong)


def _two(rng: random.Random, scene: Scene, exp: datetime.date, names: tuple[str, str], value: str, other: str) -> Part:
    said = [_say(rng, scene, name, exp) for name in names]
    wrong = (*said[0][1], *said[1][1], ("termination_clause_type", other))
    return Part((said[0][0], said[1][0]), value, wrong)


def _say(rng: random.Random, scene: Scene, name: str, exp: datetime.date) -> tuple[Clause, tuple[tuple[str, str], ...]]:
    """The clause, and the day of expiry as a distractor where the clause names it."""
    when = pick(rng, ("on {exp}", "on {exp}", "{years} after it takes effect", *_DONE[scene.contract_type]))
    day_text = date_text(rng, exp, scene.date_style)
    tags = _CHANGE if name.startswith(("to ", "extra")) else _EXPIRY if name == "expiry" else _END
    first, second = (scene.say(rng, ground) for ground in rng.sample(_GROUNDS, 2))
    expwhen = scene.say(rng, when, exp=day_text)
    said = clause(rng, scene, _ENDING, name, tags, ground=first, ground2=second, expwhen=expwhen)
    return said, ((("effective_date", exp.isoformat()),) if day_text in said.text else ())
