"""How a section begins: the sentences that name the parties, with or without the day on which the contract was made."""

from pipeline.teacher.simulated.phrases import pools

OPENINGS = pools("""
[none formal]
this {title} is <made|concluded|entered into> between {pa} and {pb} <in respect of|concerning|with regard to> {subject}
{pa} and {pb} <agree|have agreed> <as follows|on the following terms> <concerning|in respect of> {subject}
the parties to this {title} are {pa} and {pb}, and its object is {subject}
whereas {pa} and {pb} wish to <regulate|settle|lay down the terms of> {subject}, they agree what follows
by this {title}, {pa} and {pb} set out their rights and duties in respect of {subject}
{pa}, on the one part, and {pb}, on the other part, conclude this {title} on {subject}
in the matter of {subject}, {pa} contracts with {pb} on the terms of this {title}
this {title} binds {pa} and {pb}; its subject is {subject}
the undersigned, {pa} and {pb}, agree on {subject}
between {pa} and {pb} the following {title} is concluded, its object being {subject}
[none plain]
this is <an agreement|a contract> between {pa} and {pb} about {subject}
{pa} and {pb} have agreed on {subject}
here is what {pa} and {pb} have agreed about {subject}
this page says how {pa} and {pb} will deal with {subject}
{pa} <is teaming up|is doing business|has come to terms> with {pb}: the topic is {subject}
this {title} is about {subject}; the two sides are {pa} and {pb}
for {subject}, {pa} and {pb} will work together under these rules
the people behind this {title} are {pa} and {pb}, and it deals with {subject}
in short, {pa} and {pb} have a deal on {subject}
[none terse]
between {pa} and {pb}; subject {subject}
{title}: {pa} with {pb}, re {subject}
parties {pa}; {pb}. Re {subject}
{pa} and {pb}; re {subject}
{title} of {pa} and {pb} on {subject}
for {subject}: {pa} and {pb}
{pa} / {pb}. {Title}, {subject}
{Title}. Sides: {pa}, {pb}. Topic: {subject}
[made formal]
this {title} is made on {made} <by and |>between {pa} and {pb} <concerning|in respect of> {subject}
this {title}, dated {made}, is concluded between {pa} and {pb} <on|regarding> {subject}
on {made}, {pa} and {pb} <entered into|concluded|made> this {title} in respect of {subject}
this {title} was entered into on {made} between {pa} and {pb}, who wish to regulate {subject}
made on {made} between {pa} and {pb}, this {title} concerns {subject}
this {title} is entered into as of {made} between {pa} and {pb} for {subject}
{pa} and {pb} made this {title} on {made} in <order to govern|the matter of> {subject}
this instrument, made on {made}, is a {title} between {pa} and {pb} on {subject}
dated {made}: a {title} between {pa} and {pb} with {subject} as its object
[made plain]
this is <an agreement|a contract> made on {made} between {pa} and {pb} about {subject}
on {made}, {pa} and {pb} made this {title} about {subject}
{pa} and {pb} made a deal about {subject}, dated {made}
this {title} between {pa} and {pb} is dated {made} and deals with {subject}
here is what {pa} and {pb} agreed on {made} about {subject}
dated {made}, this page says how {pa} and {pb} will deal with {subject}
about {subject}: {pa} and {pb} entered into this {title} on {made}
the deal between {pa} and {pb} on {subject} was made on {made}
[made terse]
{title} dated {made}, {pa} and {pb}; re {subject}
dated {made}. {pa} and {pb}, re {subject}
made on {made} between {pa} and {pb}; subject {subject}
{Title}, dated {made}: {pa} with {pb} on {subject}
{pa} / {pb}, {title} made {made}, re {subject}
[eff formal]
this {title}, effective <as of|from|on> {eff}, is concluded between {pa} and {pb} <on|in respect of> {subject}
with effect from {eff}, {pa} and {pb} are bound by this {title} on {subject}
{pa} and {pb} conclude this {title} on {subject}, <commencing on|with effect from|in force from> {eff}
this {title} on {subject} between {pa} and {pb} is effective as of {eff} (the "Effective Date")
as of {eff} (the "Effective Date"), {pa} and {pb} agree on {subject} under this {title}
[eff plain]
this {title} between {pa} and {pb} starts on {eff} and covers {subject}
from {eff}, {pa} and {pb} are bound by these terms on {subject}
{pa} and {pb} have agreed on {subject}, starting on {eff}
starting on {eff}, {pa} and {pb} have a contract about {subject}
[eff terse]
{title}, effective {eff}: {pa} and {pb}; re {subject}
{pa} with {pb} on {subject}, in force from {eff}
effective {eff}. {pa} / {pb}, re {subject}
start {eff}; {pa} and {pb}; {subject}
[both formal]
this {title} is made on {made} between {pa} and {pb} on {subject} and takes effect on {eff}
signed on {made} but effective from {eff}, this {title} between {pa} and {pb} concerns {subject}
this {title}, dated {made} and effective as of {eff}, is concluded between {pa} and {pb} on {subject}
although made on {made}, this {title} between {pa} and {pb} on {subject} enters into force on {eff}
[both plain]
{pa} and {pb} signed this {title} on {made}, but it starts on {eff} and deals with {subject}
this {title} on {subject} was made on {made} between {pa} and {pb} and starts on {eff}
on {made}, {pa} and {pb} agreed on {subject}, with a start on {eff}
[both terse]
{title} dated {made}, effective {eff}: {pa}, {pb}, {subject}
signed {made}, in force from {eff}: {pa} with {pb}, {subject}
made {made}, start {eff}; {pa} / {pb}; {subject}
[letter none]
this letter sets out the terms that we have agreed on {subject}
we are pleased to confirm what we have discussed about {subject}
thank you for meeting us; we now put in writing what was said about {subject}
further to our talks, this letter is the {title} between us on {subject}
with this letter we offer you the following terms for {subject}
below are the terms that we have settled with you for {subject}
please find here the terms for {subject}, as agreed between us
we write to record our {title} on {subject}
[letter made]
this letter, dated {made}, sets out the terms that we have agreed on {subject}
our {title} on {subject} was made on {made}, and this letter records it
we write to record our {title} on {subject}, entered into on {made}
this letter is the {title} that we made with you on {made} about {subject}
dated {made}, this letter holds the terms for {subject}
[letter eff]
this letter sets out our terms for {subject}, effective from {eff}
with effect from {eff}, both of us are bound by these terms on {subject}
we are glad to confirm our {title} on {subject}, which starts on {eff}
starting on {eff}, the terms below apply between us to {subject}
[letter both]
this letter, dated {made}, records our {title} on {subject}, which takes effect on {eff}
although we write on {made}, our {title} on {subject} starts on {eff}
we agreed on {made} about {subject}, with effect from {eff}
""")

MENTIONS = pools("""
[nonparty]
{other}, {ap} affiliate, {may} be told of all this but {shall} have no rights under {agreement}
{mediator} of {city} {shall} act as mediator should {both} fail to settle a dispute
questions on paperwork {may} be sent to {other}, {bp} bookkeepers, {inwriting}
the originals {shall} be kept by {bank} in {city} until {officer} asks for them
an earlier supplier, {other}, {may} be asked for old files
copies {may} be shown to {other}, {ap} auditors, {often}
translations {shall} come from {other}, picked by {officer}
{other} {may} be named as a reference, though it is no party to {agreement}
reports {shall} also go to {mediator}, {ap} adviser, {often}
disputes about facts {shall} be put to {mediator} as an expert bound to neither side
[signature]
signed for {ao} by {signatory} on {signed}
signature: {signatory}, for {ao}, {signed}
signed by {signatory} on behalf of {ao}, {signed}
for {ao}: {signatory} (signed {signed})
in witness of this, {signatory} signs for {ao} on {signed}
[other agreement]
a separate {othertitle} of {otherdate} between the same sides stays untouched
nothing here changes the {othertitle} that was made on {otherdate}
words defined in the {othertitle} of {otherdate} keep their meaning here
{schedule} to the {othertitle} dated {otherdate} {shall} also apply
""")
