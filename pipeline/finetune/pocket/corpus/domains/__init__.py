"""What each domain of the corpus can say: plain data, by family."""

from pipeline.finetune.pocket.corpus.domains import commerce, culture, home, public, science, sport, travel
from pipeline.finetune.pocket.corpus.facts import Domain

HELD_OUT = ("auction", "regatta")
"""Domains that training never draws from; the measurement does."""


def all_domains() -> tuple[Domain, ...]:
    families = (commerce, culture, home, public, science, sport, travel)
    return tuple(domain for family in families for domain in family.DOMAINS)


def training_domains() -> tuple[Domain, ...]:
    return tuple(domain for domain in all_domains() if domain.name not in HELD_OUT)


def held_out_domains() -> tuple[Domain, ...]:
    return tuple(domain for domain in all_domains() if domain.name in HELD_OUT)
