"""The clauses on the law that governs, those that replace it, and the places that are not the governing law."""

import random

from pipeline.teacher.simulated.phrases import pick, pools
from pipeline.teacher.simulated.places import CITIES, jurisdiction, styled
from pipeline.teacher.simulated.scene import Order, Part, Scene, Tags, clause

_GOVERNING = pools("""
[law formal]
{agreement} is governed by the <law|laws> of {law}
the <law|laws> of {law} shall govern {agreement}
{agreement} shall be construed under the law of {law}
the governing law <is|shall be> that of {law}
{agreement} and any dispute out of it are subject to the law of {law}
{agreement} shall be governed by and interpreted under the laws of {law}
the substantive law of {law} applies to {agreement}, conflict rules aside
all questions on {agreement} shall be decided under the law of {law}
as to its validity and meaning, {agreement} is governed by the law of {law}
{both} submit {agreement} to the law of {law}
[law plain]
the law of {law} applies to {agreement}
the laws of {law} <apply|govern> here
{agreement} follows the law of {law}
in a dispute, the law of {law} decides
{agreement} is read under the law of {law}
{both} chose the law of {law} for {agreement}
the law that governs {agreement} is the law of {law}
[law terse]
{law}
law of {law}
laws of {law}
that of {law}
[venue]
the courts of {venue} {shall} hear any dispute
disputes {shall} go to the courts <in|of> {venue} alone
arbitration {shall} take place in {venue}
any lawsuit {shall} be filed in {venue}
the seat of arbitration {shall} be {venue}
mediation in {venue} {shall} come before any lawsuit
[replaced]
notwithstanding {at_governing}, {agreement} is governed by the law of {law} instead
the choice of the law of {oldlaw} is withdrawn, and the law of {law} governs in its place
{at_governing} is amended: in place of the law of {oldlaw}, the law of {law} shall govern
by amendment the law of {law} replaces that of {oldlaw} as the governing law
despite {at_governing}, the law of {law} applies to {agreement}, and no longer that of {oldlaw}
""")

_HEADINGS = ("Governing law", "Applicable law", "Law", "Choice of law", "Law of the contract")
_LAW = Tags("governing", ("Governing law", "Law", "Applicable law", "Choice of law"), _HEADINGS)
_CHANGE = Tags("governing_change", ("Amendment", "Change of law", "Override"), ("Amendment", "Special terms", "Change"))
_VENUE = Tags("venue", ("Venue", "Courts", "Disputes"), ("Jurisdiction", "Venue", "Disputes", "Courts"))


def draw_law(rng: random.Random, scene: Scene, order: Order) -> Part:
    law = jurisdiction(rng)
    if not order.present:
        return Part() if rng.random() < 0.75 else _venue(rng, scene, law)
    if order.overriding:
        return _replaced(rng, scene, law)
    said = clause(rng, scene, _GOVERNING, "law", _LAW, law=styled(rng, law))
    if not order.distractor:
        return Part((said,), law)
    venue = _venue(rng, scene, law, order.strict)
    return Part((said, *venue.clauses), law, venue.distractors)


def _replaced(rng: random.Random, scene: Scene, law: str) -> Part:
    old = jurisdiction(rng, law)
    first = clause(rng, scene, _GOVERNING, "law", _LAW, law=styled(rng, old))
    then = clause(rng, scene, _GOVERNING, "replaced", _CHANGE, law=styled(rng, law), oldlaw=old)
    return Part((first, then), law, (("governing_law", old),))


def _venue(rng: random.Random, scene: Scene, law: str, surely: bool = False) -> Part:
    """A place where disputes are heard: a city, or a jurisdiction that could be mistaken for the law."""
    if not surely and rng.random() < 0.5:
        return Part((clause(rng, scene, _GOVERNING, "venue", _VENUE, venue=pick(rng, CITIES)),))
    place = jurisdiction(rng, law)
    said = clause(rng, scene, _GOVERNING, "venue", _VENUE, venue=place)
    return Part((said,), None, (("governing_law", place),))
