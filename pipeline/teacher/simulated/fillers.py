"""Clauses that carry no fact: what a contract also says, by contract type, between businesses and for all.

One clause a line, its heading before the tilde. They keep clear of money, start, end and law, so that a fact stands
only where the grammar put it.
"""

from functools import cache

_ANY = """
Notices~notices {shall} be sent {inwriting} to {officer} of the other side and count as received after {days}
Notices~{either} {may} change the address for notices by telling the other {inwriting}
Changes~a change <binds|counts> only if {officer} of each side has signed it, and {schedule} {shall} be updated to match
Changes~{either} {may} propose a change {inwriting}, and the other {shall} answer {promptly}
Waiver~a right that is not used at first <is not lost|stays alive|may still be used later>, however long the silence
Severance~should one clause fail, the others stand and {both} {shall} replace the weak one <in good faith|by a fair one>
Whole understanding~talks, e-mails and drafts from before signature {may} not be used to add to these terms
Language~the English text counts, and any translation <serves|is there> for convenience of reading alone
Copies~each side keeps one signed copy, and a scan sent {inwriting} is as good as paper
Disputes~a quarrel {shall} first go to {officer} of each side, who then have {days} to settle it
Records~{a} {shall} keep orderly records of all this for {years} and let {bo} look at them {often}
Data protection~personal data {may} be used only as {schedule} allows, and a leak {shall} be reported within {num} hours
Third parties~nobody but the two sides {may} claim anything under these terms, whatever {schedule} says
"""
_BUSINESS = """
Assignment~{neither} {may} hand rights under these terms to a third person unless the other has agreed {inwriting}
Assignment~{a} {may} pass this contract to a buyer of the {unit} business after telling {bo} {days} ahead
Delay outside control~delay caused by {event} or {event} {shallnot} be held against the side that suffers it
Delay outside control~where {event} holds up the work for more than {days}, {both} {shall} meet and agree a new plan
Insurance~{a} {shall} keep {insurance} and {insurance} in place and show proof of both {often}
Insurance~{b} {shall} hold {insurance} and tell {ao} {promptly} of any claim on it
Contacts~{officer} speaks for {ao}, while {officer} speaks for {bo} in day-to-day matters
Meetings~{both} {shall} meet {often} to go through open points, and the minutes {shall} reach {officer} within {days}
Publicity~{neither} {may} use the name or logo of the other in an advertisement before {officer} has said yes
Anti-bribery~no gift of any weight {may} be offered to the {unit} or {unit} staff of the other side
Order of documents~if {schedule} says something else than these terms, these terms <win|prevail|come first>
Sanctions~{either} {shall} check {often} that no listed person stands behind an order
Set-off~{b} {may} not set off counterclaims that {a} disputes, save where a judge has upheld them
"""
_NDA = """
Purpose~{b} {may} use {info} and {info} for {purpose} and for nothing else
Purpose~{info} {may} be studied only by those of {bp} {staff} who work on {purpose}
Marking~{info} {shall} be marked as secret, and spoken details {shall} be confirmed {inwriting} within {days}
Storage~{b} {shall} keep {info} on {store} and log each visit by {bp} {staff}
Storage~copies of {info} {may} be made only as far as {purpose} calls for them, and each copy {shall} be numbered
Circle of recipients~{b} {may} show {info} to {staff} and {staff} who have promised the same secrecy {inwriting}
Circle of recipients~before any of {bp} {staff} sees {info}, {b} {shall} send {ao} the names {inwriting}
Exceptions~secrecy does not cover what was public before, what {b} already knew, or what {bp} {staff} found alone
Exceptions~if a court or regulator asks for {info}, {b} {shall} warn {ao} {promptly} and hand over only the minimum
Return~on request {b} {shall} return {info} within {days} and have {officer} confirm that no copy is left
Return~after {purpose} is decided, {b} {shall} shred all notes on {info}, apart from one archive copy kept by {staff}
Duration of secrecy~the duty of secrecy over {info} runs for {years} from the day each item was handed over
Duration of secrecy~trade secrets among {info} {shall} stay secret for as long as they are not public
No licence~showing {info} gives {bo} no licence, no option and no claim to <inventions|patents|know-how|designs> of {ao}
No promise~{a} {may} stop sharing {info} on any day and cannot vouch for every detail in them
No promise~nothing in these terms obliges {ao} to go ahead with {purpose} or to show {info}
Non-solicitation~for {years} {b} {shallnot} approach any of the {staff} of {ao} with an offer of work
Reverse engineering~{b} {shallnot} take apart, copy or test samples that come with {info}, save for {purpose}
Inside information~{b} {shall} bear in mind that {info} can move share prices, and {shall} warn {bp} {staff} of it
Visits~visits to the {site} {shall} be agreed {days} ahead, and no pictures {may} be taken there
Visits~{bp} {staff} {shall} be accompanied by {officer} whenever they enter the {site}
Injunctions~as money may not make good a leak of {info}, {a} {may} ask a judge for an order at once
Leaks~{b} {shall} report a leak of {info} to {officer} of {ao} within {num} hours and help to close it
Data room~{info} {shall} be shown in {store}, open from {hour} on each {weekday} to {hour} on the next
Data room~printing of {info} is switched off, and {bp} {staff} {may} only read them on screen
Standstill~while {purpose} is under review, {b} {shallnot} talk to suppliers of the {site} about it
Contact persons~questions on {info} {shall} go to {officer} alone and {shall} be answered within {days}
Residual knowledge~what {bp} {staff} remember of {info} without meaning to {may} be used in later work on the {system}
"""
_SAAS = """
Service level~{a} {shall} keep the {product} reachable for {uptime} of each month, planned maintenance left aside
Service level~if the {product} stays below {uptime} in a month, {b} {may} claim a credit {inwriting} within {days}
Maintenance~work on the {product} {shall} fall on a {weekday} after {hour} and be announced {days} ahead
Support~{a} {shall} answer questions about the {product} by {channel} or {channel} until {hour} on working days
Support~faults that stop the {users} from working {shall} be taken up within {num} minutes, others within {days}
Users~{b} {may} give access to {headcount} {users}, and {may} swap one person for another {often}
Users~each of the {users} {shall} have a login of their own, and {b} {shall} block those who leave {promptly}
Fair use~{b} {shallnot} probe, resell or copy the {product}, nor load into it {records} that belong to others
Fair use~automatic queries to the {product} {shall} stay under {num} a minute unless {officer} of {ao} allows more
Hosting~{a} {shall} keep {records} and {records} in data centres near {region} and {region} and nowhere else
Back-ups~{records} {shall} be backed up {often}, and a restore {shall} be tried out every {months}
Ownership of data~{records} loaded into the {product} by {bo} stay {bp} property
Export~{a} {shall} hand {records} back as {format} or {format} within {days} of a request
Export~{b} {may} draw {records} from the {product} as {format} at any hour without help from {ao}
Sub-processors~{a} {shall} list all sub-processors in {schedule} and announce a new one {days} ahead
Security~{a} {shall} have the {product} tested by outsiders every {months} and fix grave findings within {days}
Security~access to {records} {shall} need two factors, and logs of it {shall} be kept for {months}
New versions~{a} {may} change the look of the {product} but {shall} keep {area} functions for at least {months}
New versions~a new release of the {product} {shall} first run in a test area that {headcount} {users} can reach
Training~{a} {shall} show the {product} to {headcount} {users} by {channel} before the first {weekday} of use
Feedback~{a} {may} use ideas that the {users} send about the {product} without owing anything for them
Interfaces~{a} {shall} keep the interface to the {area} system of {bo} stable and document it as {format}
Suspension~{a} {may} block single {users} for up to {days} where they endanger the {product}
Warranty~{a} {shall} see that the {product} does what {schedule} says, and {shall} mend defects {promptly}
Statistics~{a} {may} count clicks and loading times in the {product}, as long as no single person can be seen
Acceptance~{b} {shall} test the {product} with {records} for {days} and send {feedback} {inwriting}
Set-up~{a} {shall} load {records} of the past {years} into the {product} and check them with {officer}
Ordering~{b} {may} add seats in the {product} {inwriting}, in steps of {headcount} {users}
"""
_SERVICES = """
Scope~{a} {shall} carry out {work} as {schedule} describes it and deliver {output}
Scope~{a} {shall} also look after {work}, as far as {officer} of {bo} asks for it {inwriting}
Deliverables~{a} {shall} hand over {output} within {weeks} and {output} {often}
Deliverables~drafts of {output} {shall} be sent {inwriting}, and {b} {shall} return {feedback} within {days}
Staffing~{a} {shall} send {crew} and {crew}, and {shall} name a stand-in {promptly} when someone falls ill
Staffing~{b} {may} ask for another person where {crew} cannot do {work} to {bp} liking
Access~{b} {shall} open the {site} from {hour} and provide power, water and a room for tools
Access~{a} {shall} follow the house rules of the {site} and wear badges at all times
Acceptance~{b} {shall} check {output} within {days}, and silence after that {shall} count as approval
Acceptance~defects in {output} {shall} be mended {promptly} and shown again to {officer} of {bo}
Tools~{a} {shall} bring all tools and materials for {work} and take away all waste {often}
Materials~{b} {shall} supply {papers} and {papers} in good time, at the latest {days} before work on them
Subcontracting~{a} {may} let others do parts of {work}, but {shall} answer for them as for {ap} own people
Subcontracting~no part of {work} {may} be given to sub-contractors before {officer} of {bo} has agreed {inwriting}
Rights in results~rights in {output} pass to {bo} once it is accepted, while {a} {may} show it among {ap} references
Rights in results~{a} {shall} keep all earlier methods, and {b} {may} use them with {output}
Safety~{a} {shall} train {crew} on the risks of the {site} before the first day there and report accidents {promptly}
Working times~noisy parts of {work} {shall} be done after {hour} or on a {weekday}, so that the {site} can stay open
Reports~{a} {shall} report {often} on {work}, with {output} attached and open risks listed
Schedule of work~{a} {shall} start on {work} within {weeks} of the order and warn {bo} of any slip {promptly}
Delay~should {b} supply {papers} late, all dates in {schedule} {shall} move by the same number of days
Warranty~{a} {shall} put right faults in {work} that show up within {months} of acceptance
Independence~{a} {shall} work as an independent business, free in the choice of hours and with {insurance} in place
Independence~nothing here makes {crew} staff of {bo}, and {a} {shall} give them their orders
Exclusivity~{a} {may} serve others during {work}, though not a direct rival of {bo} on the {web}
Confidentiality~{a} {shall} keep {papers} and all that is seen at the {site} secret for {years}
Non-solicitation~{b} {shallnot} hire {crew} away from {ao} while {work} is under way or for {months} after it
Cooperation~{b} {shall} name one person for questions on {work} and have them answered within {days}
"""
_EMPLOYMENT = """
Duties~{b} {shall} {duty}, {duty} and report to {officer} {often}
Duties~as {job}, {b} {shall} also {duty} whenever {officer} asks for it
Working hours~the working week {shall} be {hours} hours, spread from {weekday} to {weekday} with a break at noon
Working hours~overtime {shall} be ordered by {officer} and made good by time off within {weeks}
Place of work~{b} {shall} work at {place} and {may} work from home on {weekday} and {weekday}
Place of work~{a} {may} move the desk of {bo} to {place} after a warning of {weeks}
Holiday~{b} {may} take {leave} days of paid holiday a year, in step with the plans of the {unit} team
Holiday~up to {num} days of holiday {may} be carried into the next year with a word from {officer}
Sick leave~{b} {shall} report illness before {hour} on the first day and send a doctor's note within {days}
Equipment~{a} {shall} provide {kit} and {kit}, both to be treated with care
Equipment~{kit} {may} be used in private, as long as {unit} rules are kept
Training~{a} {shall} let {bo} attend courses in {unit} and {unit}, {often} and during working time
Confidentiality~{b} {shall} keep matters of the {unit} and {unit} departments secret, also for {years} afterwards
Inventions~what {b} may invent in working time {shall} belong to {ao}, and {b} {shall} tell {officer} of it {promptly}
Side work~{b} {may} take on side work only after telling {officer} {inwriting} and waiting {days}
Side work~unpaid offices in clubs and charities {shall} need no consent so long as {b} can still {duty}
Competition~for {months} after leaving, {b} {shallnot} work as {trade} for a rival within an hour of {place}
Probation~the first {months} {shall} serve as probation, with a talk with {officer} {often}
Reporting line~{b} {shall} take instructions from {officer} and stand in for the {trade} when needed
Data~{a} {may} store {bp} personal data for the {unit} file and {shall} show them on request
Pension~{a} {shall} enrol {bo} in the company pension plan within {weeks} and explain it {inwriting}
Travel~{b} {shall} be ready to travel to {place} {often}, and {shall} be told {days} before
Dress and safety~{b} {shall} wear the safety gear handed out at {place} and attend drills {often}
Appraisal~{officer} {shall} hold a review with {bo} {often} and set targets for the {unit} team {inwriting}
Parental leave~{b} {shall} announce parental leave {weeks} ahead, and the post {shall} be kept open
Conduct~{b} {shall} follow the staff handbook, which {officer} {may} update {often}
Shifts~shifts at {place} {shall} be posted {days} ahead, and swaps {may} be agreed among colleagues
Handover~before each leave {b} {shall} write notes so that a colleague can {duty}
Medical check~{b} {shall} see the works doctor within {weeks} and {often} after that
Induction~in the first {weeks} {b} {shall} learn to {duty} beside the {trade}
"""
_BY_TYPE = {"NDA": _NDA, "SaaS": _SAAS, "services": _SERVICES, "employment": _EMPLOYMENT}


@cache
def fillers(contract_type: str) -> tuple[tuple[str, str], ...]:
    """Pairs of heading and template: those of the type, twice as likely as each of those for all types."""
    own, shared = _read(_BY_TYPE[contract_type]), _read(_ANY)
    return own + own + shared + (() if contract_type == "employment" else _read(_BUSINESS))


def _read(text: str) -> tuple[tuple[str, str], ...]:
    lines = (line.partition("~") for line in text.strip().splitlines())
    return tuple((heading, template) for heading, _, template in lines)
