"""Wordings of contracts that the verifier goes by: what plainly marks a date, a sum, a law or a right to end.

Two kinds. Plain cues are narrow: where one matches, the meaning is settled. Hints are wide: where not even a hint is
found, the meaning is absent. Names ending in _BEFORE are searched in what precedes a value, _AFTER in what follows it.
"""

import re

from pipeline.tasks.contracts.hint import Hint


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE | re.MULTILINE)


_DEAL = (
    r"(?:agreement|contract|deed|licen[cs]e|undertaking|engagement|employment|appointment|lease|tenancy|arrangement"
    r"|order|mandate|retainer|relationship|letter|addendum|amendment|sow|subscription|assignment|apprenticeship"
    r"|instrument|terms|covenant|pact|supplement|annex|schedule|framework|understanding|deal)"
)
_THIS_DEAL = rf"\b(?:this|the|our|your|my|said|present)\s+(?:[\w&'’-]+\s+){{0,5}}?{_DEAL}\s+(?:shall\s+|will\s+)?"

DEAL = _any(rf"\b{_DEAL}\b")
OVERRIDE = Hint(
    r"notwithstanding|despite|instead|rather than|in place of|give[sn]?\s+way|replac|supersed|delet|struck|no longer"
    r"|in lieu|displac|overrid|prevail|disappl|exclud|withdrawn|waive|renounc|remov|(?:not|never)\s+(?:apply|govern)"
    r"|\bvoid|omitted|repeal|previous|former|of no effect|\bused to\b|changed?|amended|varied|except|other than"
    r"|taken? (?:out|away)|revoke",
)
"""One clause may take back what another says; what it touches is doubtful then."""

# Effective date.
_START = r"(?:commences?|begins?|starts?|runs?|operates?|applies|counts|goes live|binds(?:\s+\w+){0,3})"
_EFFECTIVE = (
    r"(?:\beffective(?:\s+date)?[\"”’']?\s*(?:(?:is|means|shall be|will be)\s+)?|\b(?:to\s+)?tak(?:es?"
    r"|ing)\s+effect\s+|\bcom(?:es?|e|ing)\s+into\s+(?:force|effect|operation)\s+|\benter(?:s"
    r"|ing)?\s+into\s+(?:force|effect)\s+|\b(?:is|are|be|and|been|as)\s+in\s+(?:force|effect)\s+"
    rf"|^\W*(?:{_DEAL}\s+)?in\s+(?:force|effect)\s*|{_THIS_DEAL}{_START}\s*(?:with\s+effect\s+)?"
    rf"|{_THIS_DEAL}(?:[\w’'-]+\s+){{0,3}}with\s+effect\s+|^\W*(?:start|commencing"
    rf"|commencement)(?:\s+of\s+the\s+{_DEAL})?\s*(?=:)"
    r"|\b(?:commencement|start(?:ing)?)\s+date[\"”’']?\s*(?:is|means|(?=[:.–—]))\s*)"
)
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
_FROM = r"(?:as\s+(?:of|from|at)\b|on\s+and\s+(?:from|after)\b|from\b|on\b|since\b)?"
EFFECTIVE_BEFORE = _any(rf"{_EFFECTIVE}[\s:.–—-]*{_FROM}[\s:]*{_WEEKDAY}(?:the\s+)?\Z")
EFFECTIVE_AFTER = _any(
    r"\A\s*\((?:the|hereinafter,?|being the|=)?\s*[\"“‘']?(?:effective|commencement|start) date",
    r"\A\s+as the (?:effective|commencement|start) date",
    rf"\A,?\s+(?:(?:which|this) is\s+)?the (?:effective date|(?:day|date) (?:on which"
    rf"|when) {_THIS_DEAL}(?:takes effect|becomes"
    r" effective|comes into force|commences|begins|starts))",
)
NOT_OF_THIS = _any(
    r"\b(?:the|that|an?|their|our|certain|under|existing|prior|master)\s+(?:[\w&'’,-]+\s+){0,7}"
    rf"{_DEAL}\W{{0,4}}(?:made\s|dated\s|entered into\s)?\s*(?:and\s+)?(?:was\s+|had\s+been\s+)?effective\b",
    r"\b(?:rates?|increases?|prices?|fees?|charges?|salary|wages?|rent|insurance|policy|cover|terminat\w+|resign\w+"
    r"|notice|renewals?|benefits?|leave|sections|clauses|articles|not|until|if|unless|was to|were to|would|should)\b",
)
"""What else may be effective from a day: another agreement, a price, a policy, a termination."""
START_HINT = Hint(
    r"start|begin|began|commenc|effect|force|operat|appl(?:y|ies)|\bruns?\b|\bcount|\bbind|\bfrom\b|since|first day"
    r"|in place|(?<!into )(?<!made )(?<!dated )\bas (?:of|at)\b|onward|\blive\b|active|kick|reckon|deem|date of this"
    r"|opens|move|shift|postpone|defer|delay|forward|put (?:back|off)|instead|rather|\bnow\b|replac|becomes|already"
    r"|retroact|backdat|treat",
)
"""Words beside a date that may make it the first day."""
MOVED = _any(
    r"\bmove[ds]?\b|postpon|defer|shift|brought forward|put (?:back|off)|instead|chang|replac|delay|amend|\bread\b"
)
START_WORD = Hint(
    r"effective|takes? effect|taking effect|into (?:force|effect)|in force|commenc|\bstart|\bbegin|operat|\bbind"
    r"|valid|\blive\b",
    r"\beffect\b|first day|opens|kick|with effect|as from|\bruns? (?:for|from)",
)
MADE_BEFORE = _any(
    rf"(?:\bthis\b|^)[^.;\n]{{0,80}}?\b{_DEAL}\b[^.;\n]{{0,20}}?\b(?:made|dated|entered into|concluded)"
    r"(?:\s+(?:as of|on|the|this|and)\b)*\s*\Z"
)
OTHER_DEAL = _any(
    r"\b(?:was|were|nothing|separate|another|under|pursuant|amendment|addendum|variation|supplement"
    r"|statement of work|the original|to the|of the)\b"
)
EVENT_START = _any(
    r"(?:effective|takes? effect|taking effect|into (?:force|effect)|commences?|begins?|starts?|binding"
    r"|binds)\b[^.;\n]{0,40}?\b(?:once|when|until|as soon as|upon|after|if|on the (?:day|date)|whichever|later of"
    r"|earlier of)\b",
    r"\b(?:later|earlier|last) of\b|whichever",
)
ENDS_BEFORE = _any(
    r"\b(?:expires?|ends|terminates|lapses|finishes|ceases|is over|extinguished|stops|run out|to an end"
    r"|expired?)(?:\s+(?:by itself|automatically|at midnight|without (?:further )?\w+|of its own accord"
    r"|on its own)){0,2}[^.;\n\d]{0,30}?\s+(?:on|at)\s+(?:the\s+)?\Z",
    r"\b(?:due|payable|paid(?: out)?|invoiced|completed?|delivered)\s+(?:on|by|before|no later than)\s+(?:the\s+)?\Z",
)
SIGNATURE_BEFORE = _any(
    r"(?:/s/|\b(?:signature|accepted|by)\s*:|\bin witness\b|\bsigns for\b)[^;\n]{0,90}\Z",
    r"(?-i:\b[Ss]igned by [A-Z][\w.-]+ [A-Z])[^;\n]{0,60}\Z",
)
ELSEWHERE_BEFORE = _any(
    r"\b(?:separate|earlier|previous|prior)\s+(?:[\w-]+\s+){0,4}?(?:of|dated|made on)\s+(?:the\s+)?\Z",
    r"\b(?:under|to|of|in)\s+(?:the|their)\s+(?:master|framework)\s+(?:[\w-]+\s+){0,4}?(?:of|dated)\s+(?:the\s+)?\Z",
    r"\bthe\s+(?:[\w-]+\s+){1,4}that was (?:made|dated|concluded|signed)\s+(?:on\s+)?(?:the\s+)?\Z",
)
"""The day of another agreement."""

# Amount.
_TO = (
    r"(?:\s*(?:[,:–—(\"”]|\b(?:of|the|an?|at|to|sum|amounts?|amounting|aggregate|total|in|is|was|be|shall|will|not"
    r"|exceed(?:ing)?|by|more|than|up|fixed|flat|gross|equal|maximum|money|means|for|refundable|stays)\b))*\s*\Z"
)
_LIMIT = (
    r"\b(?:exceed(?:ing)?|limited to|capped at|cap(?: of| is)?|maximum|up to|limit|more than|beyond|less than"
    r"|at least)"
)
SIDE_BEFORE = _any(
    rf"\b(?:penalt(?:y|ies)|damages|(?:security |setup )?deposit|bonus(?:es)?|late (?:payment )?(?:fee|charge)"
    rf"|fine){_TO}",
    rf"\bliab\w+\b[^.;$€£]{{0,120}}?{_LIMIT}{_TO}",
    rf"\b(?:expens|travel|reimburs|refunded|out-of-pocket|insur)\w*\b[^.;$€£]{{0,80}}?{_LIMIT}{_TO}",
    r"\b(?:instead of|rather than|in place of|in lieu of|previously|formerly|it was|used to (?:cost|be))(?:\s+(?:of"
    r"|the|a|at))*\s*\Z",
    r"\b(?:rises?|raised|increase[sd]?|reduced|lowered|changed?|goes|falls?|drops?|amended)\s+from\s*\Z",
    r"\b(?:old|former|previous|earlier|\d{4})\s+(?:\w+\s+)?(?:fee|price|rate|rent|salary|charge)\s+of\s*\Z",
)
SIDE_AFTER = _any(
    r"\A\)?(?:[ ]*(?:per|a|each|for (?:each|every))[ ]+\w+(?: of delay)?)?,?[ ]*(?:is due |shall be due "
    r"|due )?as (?:a |an |agreed )*(?:liquidated|delay|penalt|deposit|security|bonus|damages)",
    r"\A\)?[ ]*(?:per|a|each) \w+[\"”]?[ ]+(?:no longer applies|(?:is|are) (?:hereby )?(?:struck|deleted|replaced"
    r"|superseded))",
    r"\A\)?,?[\"”]?[ ]+(?:no longer applies|(?:is|are) (?:hereby )?(?:struck|deleted|replaced|superseded)|gives? way"
    r"|(?:is|shall be) (?:reduced|raised|increased|lowered) to)",
    r"\A\)?[ ]+(?:security |refundable |signing |log-in )?(?:deposit|bonus|penalty)\b",
)
MINOR_BEFORE = _any(
    rf"{_LIMIT}{_TO}",
    rf"\b(?:earnest|earnest money|retention(?: money)?|holdback|bond|allowance|supplement|surcharge|excess"
    rf"|instal?ment){_TO}",
    r"\b(?:forfeits?|debited|held back|costs extra(?:, namely)?|charged back at|an additional|of which)\s*\Z",
)
"""What is not the main sum if the text has another one."""
MAIN_BEFORE = _any(
    rf"\b(?:annual|monthly|yearly|weekly|hourly|base|basic|licen[cs]e|subscription|service|lump-sum|fixed|contract"
    rf"|purchase)\s+(?:fee|salary|price|rent|rate|charge|wage|retainer|sum){_TO}",
    rf"\b(?:salary|remuneration|stipend|price|rent|(?:a|the|flat|lump-sum)\s+fee){_TO}",
    rf"^\W*(?:\d\W{{1,3}})?(?:fixed\s|monthly\s|annual\s|hourly\s)?(?:fee|salary|price|rent|rate|pay)s?\s*[:–—]{_TO}",
)
NOT_MAIN = _any(
    r"penalt|damages|deposit|\bcap|exceed|up to|bonus|reimburs|expens|liab|\blate\b|interest|no fee|free of|breach"
    r"|insur",
    r"advance|instal|at least|refund|option|worth|value|estimat|third part|\b(?:if|should|unless)\b|budget"
    r"|collateral|loan",
)
FORMULA = _any(
    r"per ?cent|%|formula|commission|\bindex|market|royalt|to be (?:agreed|determined|fixed|settled)|agreed later"
    r"|no charge"
)

# Law.
_PLACE = r"(?P<place>[A-Z][\w’'-]+(?:[ \n](?:(?:of|and)\s(?:the\s)?)?[A-Z][\w’'-]+){0,4})"
_OF = r"(?i:(?:the\s)?(?:(?:substantive|internal|domestic)\s)?laws?\s(?:in\sforce\s)?(?:of|in)\s(?:the\s)?)"
_GOVERNS = (
    r"(?i:(?:shall\s|will\s|to\s|should\s)?(?:continues?\sto\s)?(?:governs?|controls?|appl(?:y|ies)|prevails)|(?:is"
    r"|are|shall\sbe|is\sto\sbe|are\sto\sbe)\s(?:applied|applicable|chosen|used|the\slaw))\b"
)
_UNDER = (
    r"(?i:governed\s(?:exclusively\s)?by|subject\sto|designates?|follows?|chosen|governs\sis|(?:construed"
    r"|interpreted|read|decided|judged)\s(?:in\saccordance\swith|under|by|according\sto|as\s[^.;]{0,40}\bto))"
)
LAW_CUES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_UNDER}\s{_OF}{_PLACE}",
        rf"(?<![Uu]nder\s)(?<!federal\s)\b{_OF}{_PLACE}(?:,\s[A-Z]\w+,?)?\s{_GOVERNS}",
        rf"(?<!of\s)(?<!Of\s)\b{_PLACE}\slaw\s{_GOVERNS}",
        rf"{_UNDER}\s{_PLACE}\slaw\b",
        rf"(?i:(?:^|[\n.;)]\s?|\b(?:governing"
        rf"|applicable)\s)law)[ ]?[.:–—]+[ ]?(?i:that\sof\s)?(?:{_OF})?(?i:the\s)?{_PLACE}"
        r"(?=\s*(?:[.;,(\n]|\Z))",
    )
)
NO_PLACE = ("State", "Province", "Commonwealth", "Republic", "Kingdom", "Country", "Agreement", "Contract", "Schedule")
LAW_HINT = Hint(r"\blaws?\b|govern|statut|legislation|constru|interpret|\brules\b|\bcode\b|\bproper\b|legal system")
VENUE_BEFORE = _any(
    r"\b(?:courts?|tribunals?|arbitrat\w+|seat(?:ed)?|venue|hearings?|proceedings|offices?|sits?|sitting|resid\w+"
    r"|hosts|registered|organi[sz]ed|incorporated|jurisdiction)(?:\s+(?:of|in|at|is|are|be|held|located|sitting"
    r"|situated|may|take|takes|place|conducted|the|state|province)\b|:){1,6}\s*\Z"
)
VENUE_AFTER = _any(
    r"\A[ ]+(?:(?:state|federal|commercial|district)\s)?(?:courts?|corporation|limited liability|company"
    r"|limited partnership|LLC|partnership|venue|tribunals?|text|copy|version|translation|language)\b"
)
OTHER_PAPER = _any(
    r"\b(?:master|head|underlying|other|prior|existing|main|policy|loan|comply|compliance|organi[sz]ed|existing)\b"
)

# Termination. A sentence about ending is plain when it names one way to end and nothing that may qualify it.
ENDING = Hint(
    r"terminat|cancel|\bend(?:s|ed|ing)?\b|dissol|rescind|rescission|resil|withdraw|\bquit|\bleave|leaving|resign"
    r"|dismiss|discharg|let go|walk|\bstop|discontinu|wind up|break|revok|\bout\b|unwound|\bopt|releas|call off"
    r"|\bfree\b|clos|expir|laps|ceas|finish|conclu|\bover\b|complet|run out|extinguish|determin|give up|part (?:ways"
    r"|company)|\bexit|undo|denounc|drop|abandon|cut|notice|suspen|remov|fire[ds]?\b|sack|dispens|runs? (?:until|to"
    r"|for)|\bterm\b|duration|last|until|through|goodbye|loosen|tie",
)
REVOKED = Hint(
    r"delet|despite|in spite|regardless|notwithstanding|no longer|waive|renounc|withdrawn|struck|replac|supersed"
    r"|remov|disappl|not apply|omitted|repeal|amended|of no effect|overrid|given up|\btak(?:es?|en"
    r"|ing)\b[^.;]{0,25}\b(?:out|away)\b|barred|former|used to|would have|no part|\blift|cancelled and|except"
    r"|other than|\bvoid|forbid|once it had|previous|earlier agreement|renewal|\btrial|survive",
)
DENIED = Hint(
    r"\bneither\b|\bnor\b|\bnobody\b|\bnone of\b|\bno (?:one|party|right|such)|may not|cannot|not be \w+ed"
    r"|not allowed|\bnot \w+ble\b|exclud|shall not|will not|does not|do not|forfeit|way to",
)
"""What takes a right to end alone away: "neither party may terminate"."""
CLAUSE_NUMBER = _any(r"\b(?:clause|section|article|condition|paragraph)s?\s+\d|§")
_MAY = r"\b(?:may|can|free to|entitled to|right to|liberty to|permitted to|is free|either of us|you or we|option)\b"
_STOP = (
    r"\b(?:terminate|cancel|end|dissolve|leave|walk away|rescind|withdraw|quit|resign|dismiss|discharge|let go"
    r"|call off|stop)"
)
_IT = (
    r"(?:\s+(?:from\s+)?(?:it|him|her|(?:this|the|our|your|his|her|their|its)\s+(?:\w+\s+){0,2}?"
    rf"{_DEAL}|(?:the )?(?:employee|executive|contractor|consultant))\b)?"
)
MAY_END = _any(
    rf"{_MAY}[^.;:]{{0,60}}?{_STOP}[sd]?{_IT}\s*(?:[,.;]|$|(?:by|on|upon|at|for|if|with|without|whenever|any ?time"
    rf"|any day|in"
    r"|should|where|when|forthwith|immediately|early|only|solely|after|before|under|as of)\b)",
    r"\bat[- ]will\b",
)
FREE = Hint(
    r"for (?:its |their |his |her |your )?(?:own )?convenience|for any (?:or no )?reason|\bat[- ]will\b|whenever"
    r"|with or without",
    r"(?:without|no|nor) (?:giving |stating |assigning |showing |having |any |a |need |of |for ){0,3}(?:cause"
    r"|reasons?|justification|explanation|grounds?|why)\b|no (?:questions|reason|cause)|(?:sole|own"
    r"|absolute) discretion",
    r"\bat any (?:time|moment)\b|any ?time\b|any day|say(?:ing)? why|or none",
)
FREELY = _any(FREE.pattern)
FREE_HINT = Hint(
    FREE.pattern,
    r"notice|notif|warning|word\b|\breasons?\b|discretion|option|(?:likes?|wish(?:es)?|wants?|chooses?|pleases?"
    r"|prefers?|sees? fit)\b|pleasure|\bfree\b|freely|simply|opt out|unilateral|let go|resign|liberty|why\b|explain"
    r"|explanation|justif|\bcause\b|drop|message|e-?mail|telling|by letter|ground|quits|one-sided|alone|either",
)
_CAUSE = (
    r"(?:breach|default|insolven|bankrupt|misconduct|fail(?:s|ed|ure)?\b|non-?payment|unpaid|violat|good cause"
    r"|good reason|fraud)"
)
CAUSE = _any(rf"\b(?:if|upon|for|in the event of|where|after|should|on|when|only|solely)\b[^.;:]{{0,80}}?\b{_CAUSE}")
QUALIFIED = Hint(
    r"\b(?:if|unless|where|when|upon|should|once|only|solely|provided|in case|in the event|after|until)\b", _CAUSE
)
ON_NOTICE = _any(r"\b(?:up)?on\b[^.;,]{0,60}\bnotice\b")
CONDITIONAL_NOTICE = _any(
    r"\b(?:by|on|upon|with|giving)\b[^.;,]{0,40}\bnotice\b(?:\s+(?:in writing|to the other(?: party)?))?,?\s+(?=if"
    r"|where|when|in the event|should|for\b|upon)|\beither (?:party|side|of them)\b"
)
"""Also "either party", which as such is no hint at freedom."""
CAUSE_HINT = Hint(
    QUALIFIED.pattern,
    r"event|ground|lapse|los[est]+\b|change (?:of|in) control|guilty|case\b|cause|misus|abandon|dishonest|negligen"
    r"|overdue|revok|liquidat|wrong|offence|convict|crimin|entitle|conduct|death|illness|arrears|suspen|not paid"
    r"|proof|serious|gross|absence|reason|because|account of|due to|not and",
)
_BOTH = (
    r"(?:mutual(?:ly)?|both|jointly|joint|common (?:accord|consent|agreement)|unanimous(?:ly)?|together"
    r"|all (?:the )?(?:parties|three))"
)
TOGETHER = _any(
    r"\b(?:terminat|cancel|end\b|ended|dissol|rescind|unwound|discontinu|releas)\w*[^.;:]{0,60}?"
    rf"\b(?:by|with|upon|on|only|if|solely|through)\b[^.;:]{{0,40}}?\b{_BOTH}\b"
)
TOGETHER_HINT = Hint(
    _BOTH,
    r"\bagree[sd]?\b|consent|accord|consens|signatures?|\bsign|the other|each|alone|by agreement|agreement (?:of"
    r"|between)|one\b|\btwo\b|\bthree\b|approv|concur|settle|common|unilateral|bilateral|side|resolve|will of"
    r"|want it|\bdeed of release",
)
EXPIRES = _any(
    r"\b(?:this|the|our|your)\s+(?:[\w’'-]+\s+){0,2}(?:agreement|contract|deed|engagement|employment|appointment"
    r"|undertaking)\s+(?:[\w’'-]+\s+){0,4}?(?:expires?|ends?|lapses?|terminates?|finishes|ceases|comes? to (?:an"
    r"|its) end|is over)\b[^.;:]{0,60}?\b(?:on|when|once|at|after|as soon as|by itself|automatically"
    r"|of its own accord)\b"
)
PROLONGED = _any(r"renew|extend|extension|prolong")
END_HINT = Hint(
    r"expir|\bend|until|through|\bterm\b|conclu|laps|ceas|terminat|finish|\bover\b|complet|\bruns?\b|clos|\bstop"
    r"|up to|\blast|\bdone\b|fulfil|deliver|\bto\b|extinguish|itself|automatic|own accord|dissol|years?|months?"
    r"|weeks?|days?|long as|continu|remain|period",
)
