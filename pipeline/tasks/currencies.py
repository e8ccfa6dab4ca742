"""Signs, codes and names of currencies in running text.

>>> [(mark.code, mark.certain) for mark in find_marks("CAD 40, $5, ten Swiss francs, 500 kr")]
[('CAD', True), ('USD', False), ('CHF', True), (None, False)]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CODES = frozenset(
    """
    AED AFN AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RMB RON RSD RUB RWF SAR
    SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND
    VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
    """.split()
)
_SMALL_CODES = "usd|eur|gbp|cad|aud|nzd|sgd|hkd|chf|jpy|inr|sek|nok|dkk|pln|czk|zar|brl|mxn|aed"
DOTTED = frozenset("EUR SEK NOK DKK ISK PLN CZK HUF RON BRL IDR TRY VND ARS CLP COP PYG BGN RSD".split())
"""Where "4.200" is four thousand two hundred."""

_SIGNS: dict[str, str | None] = {
    r"US\s?\$|U\.S\.\s?\$|\$\s?US\b": "USD", r"CAN?\s?\$|C\s?\$|Cdn\s?\$": "CAD", r"AUS?\s?\$|A\s?\$": "AUD",
    r"NZ\s?\$": "NZD", r"SG?\s?\$": "SGD", r"HK\s?\$": "HKD", r"NT\s?\$": "TWD", r"R\$": "BRL", r"Me?x\s?\$": "MXN",
    r"TT\$": "TTD", r"EC\$": "XCD", r"J\$": "JMD", r"N\$": "NAD", r"(?:CN|RMB)\s?¥": "CNY", r"S?Fr\.": "CHF",
    r"(?-i:RM)(?=\s?\d)": "MYR", r"(?-i:Rp)\.?(?=\s?\d)": "IDR", r"KSh\b\.?": "KES", r"Kč": "CZK", r"zł(?!\w)": "PLN",
    r"(?-i:R)(?=\s?\d)": "ZAR", r"(?-i:TL)\b": "TRY", r"Rs\b\.?": "INR", r"kr\b\.?": None, r"(?-i:Ft)\b": "HUF",
}  # fmt: skip
_GLYPHS = {"€": "EUR", "£": "GBP", "¥": "JPY", "\uffe5": "JPY", "₹": "INR", "₩": "KRW", "₪": "ILS", "₺": "TRY"}
_GLYPHS |= {"฿": "THB", "₦": "NGN", "₫": "VND", "₱": "PHP", "₵": "GHS", "₴": "UAH", "₽": "RUB", "$": "USD"}
_OPEN = ("$", "Rs", "Rs.", "rs", "RS")
_COUNTRIES = {
    r"u\.?\s?s\.?(?:\s?a\.?)?|united\s{1,3}states(?:\s{1,3}of\s{1,3}america)?|america": "USD", "canada": "CAD",
    "australia": "AUD", r"new\s{1,3}zealand": "NZD", "singapore": "SGD", r"hong\s{1,3}kong": "HKD", "india": "INR",
    r"sri\s{1,3}lanka": "LKR", "pakistan": "PKR", "nepal": "NPR", "mauritius": "MUR", "switzerland": "CHF",
    "sweden": "SEK", "norway": "NOK", "denmark": "DKK", "iceland": "ISK", "mexico": "MXN", "philippines": "PHP",
    "argentina": "ARS", "chile": "CLP", "colombia": "COP", "kenya": "KES", "uganda": "UGX", "tanzania": "TZS",
    "taiwan": "TWD", "jamaica": "JMD", "trinidad": "TTD", "barbados": "BBD", "bermuda": "BMD", "fiji": "FJD",
    "namibia": "NAD", "egypt": "EGP",
}  # fmt: skip
_OWNERS = {
    r"united\s{1,3}states|u\.?\s?s\.?(?:\s?a\.?)?|american": "USD", "canadian|cdn": "CAD", "australian": "AUD",
    r"new\s{1,3}zealand": "NZD", "singapore(?:an)?": "SGD", r"hong\s{1,3}kong": "HKD", "indian": "INR",
    r"sri\s{1,3}lankan?": "LKR", "pakistani?": "PKR", "nepal(?:i|ese)": "NPR", "mauritian": "MUR", "swiss": "CHF",
    "swedish": "SEK", "norwegian": "NOK", "danish": "DKK", "icelandic": "ISK", "mexican": "MXN", "philippine": "PHP",
    "argentine": "ARS", "chilean": "CLP", "colombian": "COP", "kenyan": "KES", "ugandan": "UGX", "tanzanian": "TZS",
    r"(?:new\s{1,3})?taiwan(?:ese)?": "TWD", "jamaican": "JMD", "trinidad": "TTD", "barbadian": "BBD",
    "bermud(?:a|ian)": "BMD", "fijian?": "FJD", "namibian?": "NAD", "egyptian": "EGP", "czech": "CZK",
    "british|uk": "GBP",
}  # fmt: skip
_SHARED = {
    "dollars?": "USD", "rupees?": "INR", "pounds?(?!\\s{1,3}of\\b)": "GBP", "francs?": None, "pesos?": None,
    "kron(?:er|e|ur|a)|crowns": None, "shillings?": None,
}  # fmt: skip
_NAMES = {
    "euros?": "EUR", r"(?:pounds?\s{1,3})?sterling": "GBP", "kronor": "SEK", "yen": "JPY", "yuan|renminbi": "CNY",
    "z[lł]ot(?:ych|ys|y|e)": "PLN", "koruna": "CZK", "forints?": "HUF", "(?:new\\s{1,3})?shekels?": "ILS",
    "rands?": "ZAR",
    "rea(?:l|is)": "BRL", r"korean\s{1,3}won": "KRW", "dirhams?": "AED", "ri[yi]als?": "SAR", "baht": "THB",
    "ringgit": "MYR", "rupiah": "IDR", r"(?:turkish\s{1,3})?liras?": "TRY", "naira": "NGN", "kwacha": "ZMW",
    "cedis?": "GHS", "taka": "BDT", "hryvnias?": "UAH", "r(?:o)?ubles?": "RUB", "lei": "RON", "leva": "BGN",
    "pula": "BWP",
    "birr": "ETB",
}  # fmt: skip

_ANY_OWNER = "|".join(_OWNERS)
_KINDS: dict[str, list[tuple[str, str | None]]] = {
    "sign": [*_SIGNS.items()],
    "glyph": [(re.escape(glyph), code) for glyph, code in _GLYPHS.items()],
    "name": [*_NAMES.items()],
    "shared": [*_SHARED.items()],
}


def _any(kind: str) -> str:
    """Group `name_7` stands for the seventh line of its table, so that a match names its currency."""
    return "|".join(f"(?P<{kind}_{at}>{pattern})" for at, (pattern, _) in enumerate(_KINDS[kind]))


_MARK = re.compile(
    rf"(?<![a-z])(?=[$a-z])(?:(?![bdgilopqvwxy])(?:{_any('sign')})|(?:(?-i:[A-Z]{{3}})|{_SMALL_CODES})(?![a-z]))"
    rf"|(?=[{''.join(_GLYPHS)}])(?:{_any('glyph')})"
    rf"|(?<!\w)(?=[a-z])(?![goqvwx])(?:{_any('name')}|(?:(?P<owner>{_ANY_OWNER})\s{{1,3}})?(?:{_any('shared')}))(?!\w)",
    re.IGNORECASE,
)
_OWNED = re.compile(rf"\s{{0,3}}\(?(?:in\s{{1,3}})?(?P<owner>{_ANY_OWNER})\b", re.IGNORECASE)
_MONEY_OF = re.compile(
    r"\W{0,3}(?:(?:in|of|the|lawful|money|currency|tender)\s{1,3}){1,7}"
    rf"(?P<land>{'|'.join(_COUNTRIES)})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A currency at text[start:end], by its usual reading; code None where none is usual ("kr").

    certain: False for what several countries share ("$", "rupees"); is_name: a word rather than a sign or code.
    """

    start: int
    end: int
    code: str | None
    certain: bool
    is_name: bool


def find_marks(text: str) -> Iterator[Mark]:
    """Signs, codes and names, left to right."""
    for match in _MARK.finditer(text):
        kind, _, at = (match.lastgroup or "code_").partition("_")
        if kind == "code":
            code: str | None = match.group().upper()
            if code not in _CODES:
                continue
        elif match["owner"]:
            code = _owner(match["owner"])
        else:
            code = _KINDS[kind][int(at)][1]
        shared = match.group() in _OPEN or code is None or (kind == "shared" and not match["owner"])
        yield Mark(match.start(), match.end(), "CNY" if code == "RMB" else code, not shared, kind in ("name", "shared"))


def code_of(written: str) -> str | None:
    """The ISO 4217 code of a code, sign or name alone ("usd", "US$", "Canadian dollars"); any three letters are one."""
    mark = next(find_marks(written), None)
    if mark and (mark.start, mark.end) == (0, len(written)):
        return mark.code
    return written.upper() if re.fullmatch("[A-Za-z]{3}", written) else None


def owner_after(text: str, at: int) -> tuple[str, int] | None:
    """Whose money: for "$40,000 (Canadian)" or "dollars, lawful money of Canada", the code and the end of the word."""
    match = _OWNED.match(text, at) or _MONEY_OF.match(text, at)
    if match is None:
        return None
    if "land" in match.groupdict():
        return next(code for land, code in _COUNTRIES.items() if re.fullmatch(land, match["land"], re.I)), match.end()
    return _owner(match["owner"]), match.end()


def names_currency(text: str, code: str) -> bool:
    """Whether the text names a currency for certain: "all sums are in Canadian funds" gives a "$" its meaning."""
    lands = "|".join([land for land, one in _COUNTRIES.items() if one == code] or ["(?!)"])
    owners = "|".join([owner for owner, one in _OWNERS.items() if one == code] or ["(?!)"])
    money = r"(?:money|currency|tender|funds|dollars)"
    said = rf"\b(?:(?:{owners})\s{{1,3}}{money}|{money}\s{{1,3}}of\s{{1,3}}(?:the\s{{1,3}})?(?:{lands}))\b"
    return bool(re.search(said, text, re.I)) or any(mark.code == code and mark.certain for mark in find_marks(text))


def _owner(written: str) -> str:
    return next(code for owner, code in _OWNERS.items() if re.fullmatch(owner, written, re.IGNORECASE))
