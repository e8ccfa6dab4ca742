"""What the contracts are about: the things, works and periods that fill the slots of the templates.

One slot a paragraph: its name, a colon, and its entries between semicolons. An entry is a template (`phrases`), so it
may itself hold slots and alternatives.
"""

from collections.abc import Mapping
from functools import cache

_SHARED = """
num: three; five; seven; 7; eight; ten; 10; 12; fourteen; 14; fifteen; 15; twenty; 20; 21; 25; thirty; 30; 40;
  forty-five; 45; sixty; 60; 75; ninety; 90; thirty (30); sixty (60); fourteen (14); ten (10)
days: {num} days; {num} days; {num} calendar days; {num} working days; {num} business days; {num} clear days
weeks: two weeks; three weeks; four weeks; six weeks; eight weeks; ten weeks; 12 weeks
months: two months; three months; 3 months; four months; six months; 6 months; nine months; ten months; eighteen
  months; 18 months
years: one year; two years; 2 years; three years; 3 years; four years; five years; 24 months; 36 months; eighteen
  months; 30 months
schedule: Schedule 1; Schedule 2; Schedule 3; Schedule B; Annex A; Annex B; Annex C; Annex 4; Appendix 1; Appendix 2;
  Appendix C; Exhibit A; Exhibit B; Exhibit D; the order form; the attached list; the cover sheet
pct: two per cent; three per cent; 3.5 per cent; four per cent; five per cent; 6 per cent; 7.5 per cent; eight per cent;
  ten per cent; 12 per cent; 15 per cent; twenty per cent
weekday: Monday; Tuesday; Wednesday; Thursday; Friday
hour: 8 a.m.; 9 a.m.; 9.30 a.m.; 10 a.m.; noon; 4 p.m.; 5 p.m.; 6 p.m.; close of business
often: each week; every fortnight; once a month; every second {weekday}; each quarter; on request; twice a year; every
  {weekday}; at the close of each phase
promptly: promptly; without delay; at once; as soon as practicable; within {days}; within {num} hours; quickly
inwriting: in writing; by letter; by e-mail; by courier; by registered post; through the shared portal; in a signed
  note; by recorded delivery
officer: a director; the chief operating officer; the finance director; the head of {unit}; the general manager; an
  authorised signatory; the contract manager; the managing partner; the company secretary; the project sponsor
unit: operations; procurement; finance; engineering; compliance; logistics; marketing; research; quality; sales;
  information security; customer care; facilities; product
event: flood; fire; strike; a cyber attack; war; storm damage; epidemic; a port closure; loss of power; an export ban;
  an earthquake; a rail blockade; heavy snow; a shortage of fuel
insurance: public liability cover; professional indemnity cover; product liability cover; cyber insurance; employers'
  liability cover; transit insurance
feedback: comments; corrections; objections; questions; a list of defects; its remarks
"""
_NDA = """
info: customer lists; pricing models; source code; clinical trial results; unpublished patent filings; supplier
  contracts; tender documents; floor plans; recipes and process sheets; sales forecasts; test data; board papers; wage
  data; soil surveys; firmware images; design drawings; audit reports; training material; merger models; a list of key
  accounts; sensor logs; market studies; prototype photographs; laboratory notebooks; tooling drawings; licence
  negotiations; investor updates; claims histories; chip layouts; formulation data
purpose: a possible purchase of the {site}; a joint bid for the {project}; the review of a proposed merger; an audit
  of the {system}; talks about a licence for the {project}; the planning of a shared {site}; a pilot of the {system};
  due diligence on the {site}; the costing of the {project}; a study on moving the {system} abroad; an insurance
  survey of the {site}; the choice of a supplier for the {project}; a research venture on the {project}; investment in
  the {site}
site: bottling plant; harbour warehouse; data centre; pilot brewery; cold store; vineyard; paper mill; test track;
  print works; distribution hub; greenhouse estate; shipyard; call centre; quarry; hotel wing
project: tidal turbine; vaccine carrier; battery recycling line; freight app; rail signalling contract; smart meter;
  irrigation scheme; drone survey; hearing aid; e-bike; payment terminal; seed coating; school tablet; satellite
  antenna; bridge sensor; loyalty card
system: ledger software; booking engine; warehouse robot; billing database; climate model; fraud filter; access
  control system; route planner; speech engine; patient register; pricing tool; trading desk
staff: employees; advisers; auditors; contract staff; bankers; lawyers; engineers; directors; insurers;
  sub-contractors; external consultants; group companies
store: an encrypted drive; a locked cabinet; a password-protected data room; servers on the premises; a separate
  folder with logged access; an air-gapped machine; a sealed archive
subject: {info}; {info}; the exchange of {info}; {purpose}; {purpose}; {info} and {info}
thing: access to {info}; the disclosure of {info}; the right to study {info}; a first look at {info}; sight of {info};
  the loan of {info}; time-limited use of {info}
fee: access fee; disclosure fee; data room fee; evaluation fee; inspection fee; review charge
title: Non-Disclosure Agreement; Confidentiality Agreement; Mutual Non-Disclosure Agreement; Secrecy Agreement;
  Confidentiality Deed; Confidentiality Undertaking; Data Room Agreement; One-Way Confidentiality Agreement
"""
_SAAS = """
area: payroll; inventory; route planning; ticketing; invoicing; fleet tracking; e-learning; recruitment; energy
  monitoring; appointment booking; claims handling; menu planning; crop forecasting; tenant billing; warehouse
  slotting; donor management; fraud screening; document signing; grant tracking; lab sample tracking; seat
  reservation; maintenance planning; translation; survey; price comparison; clinic scheduling
product: {area} platform; {area} application; {area} service; hosted {area} software; {area} module; {area} suite;
  cloud-based {area} tool; {area} dashboard; {area} portal; {area} workspace
users: named users; seats; warehouse staff; branch managers; field technicians; teachers; dispatchers; pharmacists;
  bookkeepers; store clerks; agents; ward nurses; planners
headcount: 12; 20; 25; 35; 40; fifty; 60; 75; 80; one hundred; 120; 150; 200; 250; 400; 500
region: Frankfurt; Dublin; Oregon; Singapore; Stockholm; Sydney; Montreal; Mumbai; Paris; Tokyo; Ohio; Zurich
records: customer records; stock lists; payslips; booking histories; audit logs; price files; scanned receipts; call
  recordings; meter readings; patient letters; delivery notes; enrolment data; contact lists
uptime: 99 per cent; 99.5 per cent; 99.7 per cent; 99.9 per cent; 99.95 per cent; 98.5 per cent; 99.8 per cent
format: CSV; XML; JSON; Parquet; a spreadsheet; a database dump; PDF; an open format
channel: chat; telephone; e-mail; the ticket desk; the help portal; a shared channel; video call
subject: the {product}; the {product}; access to the {product}; the hosting of the {product}; use of the {product} by
  {headcount} {users}; a subscription to the {product}
thing: use of the {product}; access to the {product}; {headcount} seats in the {product}; the {product}; the hosting
  and support of the {product}; the subscription
fee: subscription fee; licence fee; platform fee; subscription charge; service fee; hosting charge; user fee
title: Software as a Service Agreement; Subscription Agreement; Cloud Services Agreement; Hosted Software Agreement;
  SaaS Agreement; Online Services Agreement; Platform Subscription Agreement; Software Subscription Contract
"""
_SERVICES = """
site: head office; north warehouse; canteen; pumping station; training centre; museum annex; loading dock; dispatch
  hall; reading room; rooftop terrace; clinic; staff car park; archive; test kitchen; ferry terminal; sports hall;
  showroom; visitor centre
work: the repainting of the {site}; the cleaning of the {site}; bookkeeping for the {site}; a redesign of the {web};
  the translation of {papers}; security patrols at the {site}; the wiring of the {site}; catering at the {site}; a
  market survey on the {web}; the move of the {site}; photography of the {site}; the audit of {papers}; landscaping
  around the {site}; the testing of the {web}; energy advice for the {site}; the drafting of {papers}; staff training
  on the {web}; maintenance of lifts in the {site}; a structural survey of the {site}; pest control in the {site}; the
  migration of the {web}; the indexing of {papers}
web: web shop; booking site; intranet; annual report; loyalty app; mobile app; brand guide; spare-parts catalogue;
  newsletter; payroll database; member portal; product range; stock system; recruiting page
papers: technical manuals; tender papers; tax returns; safety sheets; board minutes; old contracts; user guides; grant
  reports; clinical summaries; catalogue texts; customs files; lease files
output: a written report; a set of drawings; a working prototype; a tested build; a punch list; a photo record; a
  costed plan; a final inventory; a training pack; signed checklists; a slide deck; a maintenance log
crew: two technicians; a project lead; three surveyors; a crew of four; a senior designer; a site foreman; a certified
  electrician; a deputy; one translator; a data analyst; two auditors; a bookkeeper
subject: {work}; {work}; {work}; {work} and {work}
thing: {work}; {work}; the services; {work}, including {output}; completing {work}; the work described in {schedule}
fee: fee; service fee; price; contract price; charge for the services; remuneration; consultancy fee
title: Services Agreement; Consulting Agreement; Master Services Agreement; Statement of Work; Contract for Services;
  Consultancy Agreement; Professional Services Agreement; Work Order; Independent Contractor Agreement
"""
_EMPLOYMENT = """
job: {level} {trade}; {level} {trade}; {trade}; {trade} for the {unit} team
level: senior; junior; lead; assistant; deputy; regional; chief; trainee; part-time; principal; night-shift
trade: accountant; buyer; warehouse supervisor; data engineer; pastry chef; paralegal; site manager; nurse; product
  designer; sales manager; translator; laboratory technician; dispatcher; editor; welder; controller; store manager;
  fleet planner; pharmacist; tax adviser; network engineer; kitchen manager; quality inspector; copywriter; recruiter;
  actuary; tram driver; horticulturist; surveyor; customs clerk
duty: prepare the weekly roster; train new colleagues; keep the stock ledger; write monthly reports; plan deliveries;
  supervise {headcount} staff; answer customer queries; maintain the test benches; negotiate with suppliers; review
  invoices; look after key accounts; check incoming goods; run the night desk; edit product texts; draft budgets;
  inspect the vehicles; update the safety file
headcount: four; five; six; eight; ten; 12; fifteen; 20; two dozen
hours: 32; 35; 36; 37; 37.5; 38; 38.5; 40; thirty-five; forty; 24; 30
leave: 22; 23; 24; 25; 26; 27; 28; 30; twenty-five; twenty-eight; 32
kit: a laptop; a telephone; protective clothing; a company bicycle; a tool kit; a travel card; safety shoes; a
  headset; a tablet; a van for business trips; a locker; a parking space
place: the main office; the harbour depot; the branch at the ring road; the laboratory; the old mill; the service
  centre; the plant; the {unit} office; the showroom; the central kitchen; the training campus
subject: the post of {job}; employment as {job}; the position of {job}; work as {job}; the role of {job}; full-time
  employment as {job}; the appointment as {job}
thing: work as {job}; {hours} hours of work a week; the duties of {job}; service as {job}; the work; this post; all
  duties under {schedule}
fee: salary; gross salary; base salary; basic pay; base pay; remuneration; wage
title: Employment Agreement; Employment Contract; Contract of Employment; Offer of Employment; Executive Employment
  Agreement; Letter of Appointment; Staff Contract; Fixed-Hours Employment Contract
"""
_BY_TYPE = {"NDA": _NDA, "SaaS": _SAAS, "services": _SERVICES, "employment": _EMPLOYMENT}


@cache
def lexicon(contract_type: str) -> Mapping[str, tuple[str, ...]]:
    """The slots that every type shares, and the type's own."""
    return _read(_SHARED) | _read(_BY_TYPE[contract_type])


def _read(text: str) -> dict[str, tuple[str, ...]]:
    paragraphs = text.strip().replace("\n  ", " ").splitlines()
    entries = (paragraph.partition(": ") for paragraph in paragraphs)
    return {name: tuple(part.strip() for part in rest.split(";")) for name, _, rest in entries}
