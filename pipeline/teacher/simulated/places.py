"""Jurisdictions and cities: whose law governs, and where things happen.

A jurisdiction is written bare ("Delaware") or with its style ("the State of Delaware"); the answer is the bare name.
"""

import random

from pipeline.teacher.simulated.phrases import pick

_STATES = tuple(
    "Delaware|New York|California|Texas|Illinois|Massachusetts|Florida|Georgia|Ohio|Pennsylvania|Michigan|Minnesota|"
    "Nevada|Colorado|Virginia|New Jersey|Oregon|Arizona|Utah|Tennessee|Wisconsin|Maryland|Missouri|Indiana|Connecticut|"
    "North Carolina|South Carolina|Kansas|Iowa|Vermont|Maine|Louisiana|Kentucky|Oklahoma|Nebraska|Wyoming|Idaho|"
    "Montana|New Mexico|Hawaii|Rhode Island|New Hampshire".split("|")
)
_PROVINCES = tuple("Ontario|Quebec|British Columbia|Alberta|Manitoba|Nova Scotia|Saskatchewan|New Brunswick".split("|"))
_AUSTRALIAN = ("New South Wales", "Victoria", "Queensland", "Western Australia", "South Australia", "Tasmania")
_COUNTRIES = tuple(
    "England and Wales|Scotland|Northern Ireland|Ireland|Germany|France|Spain|Portugal|Italy|Switzerland|Austria|"
    "Belgium|Luxembourg|Sweden|Norway|Denmark|Finland|Iceland|Estonia|Latvia|Lithuania|Poland|Hungary|Greece|"
    "Cyprus|Malta|Singapore|Hong Kong|Japan|India|New Zealand|South Africa|Israel|Brazil|Chile|Mexico|Kenya|Ghana|"
    "Nigeria|Croatia|Slovenia|Slovakia|Romania|Bulgaria|Turkey|South Korea|Malaysia|Jersey|Guernsey|Bermuda".split("|")
)
JURISDICTIONS = _STATES + _PROVINCES + _AUSTRALIAN + _COUNTRIES
CITIES = tuple(
    "Aberdeen|Adelaide|Amsterdam|Antwerp|Athens|Atlanta|Auckland|Austin|Baltimore|Barcelona|Basel|Belfast|Bergen|Berlin|"
    "Birmingham|Bologna|Boston|Bremen|Brisbane|Bristol|Brussels|Budapest|Calgary|Cape Town|Cardiff|Chennai|Chicago|"
    "Cologne|Copenhagen|Cork|Dallas|Denver|Detroit|Dresden|Dublin|Durban|Edinburgh|Frankfurt|Galway|Geneva|Ghent|Glasgow|"
    "Gothenburg|Graz|Halifax|Hamburg|Helsinki|Houston|Krakow|Lausanne|Leeds|Leipzig|Lisbon|Liverpool|London|Lyon|"
    "Madrid|Malmö|Manchester|Marseille|Melbourne|Miami|Milan|Minneapolis|Montreal|Mumbai|Munich|Nairobi|Nantes|Naples|"
    "Newcastle|Oslo|Ottawa|Perth|Philadelphia|Phoenix|Pittsburgh|Porto|Portland|Prague|Raleigh|Riga|Rotterdam|"
    "San Diego|Seattle|Seville|Sheffield|Stockholm|Stuttgart|Sydney|Tallinn|Tampere|Toronto|Trondheim|Turin|Utrecht|"
    "Valencia|Vancouver|Vienna|Vilnius|Warsaw|Wellington|Winnipeg|Zurich".split("|")
)


def jurisdiction(rng: random.Random, *besides: str | None) -> str:
    """A jurisdiction that is none of `besides` and holds none of them in its name, nor the other way about."""
    while True:
        name = pick(rng, JURISDICTIONS)
        if not any(other and (other in name or name in other) for other in besides):
            return name


def styled(rng: random.Random, name: str) -> str:
    """Gives "Ontario" or "the Province of Ontario", where the jurisdiction has such a style."""
    if rng.random() < 0.5:
        return name
    if name in _STATES:
        return f"the {pick(rng, ('State', 'State', 'Commonwealth' if name in _COMMONWEALTHS else 'State'))} of {name}"
    if name in _PROVINCES:
        return f"the Province of {name}"
    return f"the State of {name}" if name in _AUSTRALIAN else name


_COMMONWEALTHS = ("Massachusetts", "Pennsylvania", "Virginia", "Kentucky")
