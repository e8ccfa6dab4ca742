"""Culture: event announcements, museum labels, library loans, book notices."""

from pipeline.finetune.pocket.corpus.facts import choice, domain, fact

_EVENT = domain(
    "event",
    "event announcement|concert notice|invitation",
    "You are invited|What is on|EVENT|Save the day",
    (
        fact("org", "organiser host organized_by", "who organises it", "Organiser|Host",
             "Organised by {}.|{} invites everybody.|Your host is {}.|It is put on by {}."),
        fact("people", "speakers performers guests", "who speaks or performs, in order of mention", "With|On stage|"
                                                                                                    "Speakers",
             "On stage: {}.|You will hear {}.|With {}.|{} will perform.|The speakers are {}."),
        fact("date", "event_date takes_place_on held_on", "the day of the event", "When|Date|Day",
             "It takes place on {}.|Come on {}.|The doors open on {}.|Join us on {}."),
        fact("date", "booking_deadline book_by", "the last day to book", "Book by|Booking closes",
             "Book by {}.|Seats can be reserved until {}.|Booking closes on {}."),
        fact("place", "town venue_town city", "where it takes place", "Where|Town|Place",
             "We meet in {}.|It happens in {}.|This year we are in {}.|The stage stands in {}."),
        fact("amount", "ticket_price admission entry_fee", "what a ticket costs", "Tickets|Admission|Entry",
             "Tickets cost {}.|Admission is {}.|You pay {} at the door.|One seat costs {}."),
        fact("amount", "group_price reduced_price", "what reduced tickets cost", "Reduced|Groups",
             "Students pay {}.|For groups it makes {}.|Children get in for {}."),
        fact("count", "seats capacity", "how many seats there are", "Seats|Capacity",
             "There are {} seats.|The hall holds {} people.|We have room for {} guests."),
        choice("admission_type access", "who may come", "Access|Who may come",
               free="Nobody has to pay.|Entrance costs nothing.|Just walk in, it is on the house.|We ask for no money.",
               members_only="Only for those who hold a card of our club.|Members alone are let in.|"
                            "Show your membership at the door.|This evening is reserved for our members.",
               ticketed="You need a ticket.|Seats are sold at the box office.|Please buy a seat beforehand.|"
                        "Nobody gets in without a ticket.",
               by_invitation="Bring the card that came by post.|Only invited guests are admitted.|"
                             "Your name has to be on the guest list.|Personal invitations have been sent out."),
    ),
    "Drinks are sold in the foyer.|Dogs stay outside.|There is a bus stop near the gate.|"
    "Last year {count} people came.|The piano was a gift of {org}.|"
    "{person} takes care of the lights.|Parking costs {amount}.|The poster was drawn on {date}.|"
    "Friends from {place} will visit us.",
)  # fmt: skip

_MUSEUM = domain(
    "museum_label",
    "museum label|exhibit card|gallery text",
    "Room 4|GALLERY|Exhibit|From the collection",
    (
        fact("person", "artist maker made_by painter", "who made it", "Artist|Made by|Painter",
             "Painted by {}.|The work of {}.|{} made it in one summer.|It was carved by {}."),
        fact("name", "donor given_by lender", "who gave or lent it", "Donor|Given by|On loan from",
             "Given by {}.|It is a gift of {}.|{} left it to us.|On loan from {}."),
        fact("place", "found_in place_of_origin made_in", "where it comes from", "Origin|Found in|Made in",
             "It was found in {}.|Made in {}.|Farmers dug it up in {}.|It comes from a workshop in {}."),
        fact("date", "acquired_on entered_collection", "the day it came to the museum", "Acquired|"
                                                                                        "In the collection since",
             "It came to us on {}.|It was acquired on {}.|It has been in the collection since {}."),
        fact("date", "restored_on cleaned_on", "the day it was restored", "Restored|Cleaned",
             "It was restored on {}.|The last cleaning was on {}.|Old varnish was taken off on {}."),
        fact("code", "inventory_number object_id", "its number in the inventory", "Inventory no.|Object",
             "Inventory number {}.|We keep it as {}.|It is listed under {}."),
        fact("amount", "purchase_price bought_for", "what the museum paid", "Purchase price|Bought for",
             "The museum paid {} for it.|It was bought for {}.|It cost us {}."),
        fact("count", "height_cm tall", "height in centimetres", "Height (cm)",
             "It is {} centimetres tall.|Height {} cm.|It stands {} cm high."),
        choice("material made_of", "what it is made of", "Material",
               wood="Cut from a block of oak.|The grain of the pine can be seen.|A single trunk was used.|"
                    "It was whittled from limewood.",
               metal="Cast in bronze.|Hammered out of a sheet of copper.|Iron, with traces of rust.|"
                     "The smith used silver.",
               clay="Fired in a kiln.|Turned on a potter's wheel.|Earthenware with a green glaze.|"
                    "The potter's thumb has left a mark.",
               cloth="Woven from wool.|Silk thread on linen.|It was knitted by hand.|A piece of embroidered cotton."),
    ),
    "Please do not touch.|The frame is younger.|Visitors like the small dog in the corner.|A copy hangs in {place}.|"
    "{person} wrote a book about it.|"
    "Light damages the colours.|The case was built by {org}.|A postcard costs {amount}.|"
    "The room was painted on {date}.|There are {count} like it.",
)  # fmt: skip

_LIBRARY = domain(
    "library_loan",
    "library slip|loan reminder|library letter",
    "Your library account|LOAN SLIP|Reminder from the library",
    (
        fact("person", "borrower reader lent_to", "who borrowed it", "Reader|Borrower|Lent to",
             "Borrowed by {}.|Dear {}, thank you for your visit.|Lent to {}.|{} has it at home."),
        fact("people", "authors written_by", "who wrote the book, in order of mention", "Authors|By|Written by",
             "The book is by {}.|{} wrote it.|On the cover you read {}.|A work of {}."),
        fact("org", "library branch lent_by", "which library", "Library|Branch",
             "{} lends it free of charge.|The book belongs to {}.|Fetched at {}."),
        fact("date", "borrowed_on loan_date", "the day it was lent out", "Borrowed|Loan date",
             "Lent out on {}.|It left our shelves on {}.|You took it home on {}."),
        fact("date", "return_by due_back", "the day it has to be back", "Return by|Due back",
             "Please bring it back by {}.|It is due back on {}.|We need it again on {}."),
        fact("amount", "fine late_charge", "what has to be paid for lateness", "Fine|Late charge",
             "A fine of {} has to be paid.|Your account shows {} for lateness.|The late charge is {}."),
        fact("code", "shelf_mark call_number", "where it stands", "Shelf mark|Call no.",
             "Its shelf mark is {}.|Put it back under {}.|You find it at {}."),
        choice("renewal can_renew", "whether the loan can be made longer", "Renewal",
               possible="You may keep it another month if you tell us.|It can be renewed once more.|"
                        "Ask at the desk and have it longer.|We gladly extend the loan.",
               not_possible="Somebody else is waiting for it, so it cannot be kept longer.|It cannot be renewed.|"
                            "No extension for this one.|This book must come back, without exception.",
               automatic="It renews itself unless someone asks for it.|"
                         "The loan is prolonged without your doing anything.|The system adds four weeks on its own.|"
                         "Renewal happens by itself."),
        choice("book_state wear", "in what state the book is", "State of the book",
               clean="No stains, no torn pages.|It came back as good as new.|The pages are spotless.|Not a mark in it.",
               damaged="Coffee was spilled on it.|Two pages are torn.|The spine is broken.|A dog has chewed the cover.",
               missing="Nobody can find it.|It has gone astray.|The reader says it was left on a train.|"
                       "It is nowhere to be found."),
    ),
    "Reading hour is on Tuesdays.|Quiet, please, in the main room.|The roof was paid for with {amount}.|"
    "New shelves came from {org}.|"
    "{person} runs the desk.|We have {count} magazines.|The branch in {place} opens late.|We are closed on {date}.",
)  # fmt: skip

_BOOK = domain(
    "book_notice",
    "book notice|publisher's note|review",
    "New books|Just out|BOOKSHELF",
    (
        fact("people", "authors writers", "who wrote it, in order of mention", "Authors|Writers",
             "Written by {}.|{} tell the story.|A book by {}.|From the pens of {}."),
        fact("person", "translator translated_by", "who translated it", "Translator|Translated by",
             "Translated by {}.|{} put it into English.|The translation is the work of {}."),
        fact("org", "publisher published_by", "who publishes it", "Publisher|Published by",
             "Published by {}.|It came out with {}.|{} brings it to the shops."),
        fact("date", "published_on publication_date release_date", "the day it comes out", "Published|Out on",
             "Published on {}.|In the shops from {}.|It came out on {}.|Readers could buy it from {}."),
        fact("amount", "price cover_price", "what it costs", "Price",
             "It costs {}.|Priced at {}.|Yours for {}."),
        fact("count", "pages number_of_pages", "how many pages it has", "Pages",
             "It has {} pages.|{} pages long.|You will turn {} pages."),
        fact("place", "set_in setting", "where the story takes place", "Set in",
             "The story is set in {}.|Everything happens in {}.|It takes us to {}."),
        choice("verdict opinion", "what the reviewer thinks", "Verdict",
               recommended="Read it, you will not be sorry.|A joy from start to finish.|I could not put it down.|"
                           "Buy two and give one away.",
               mixed="Some chapters shine, others drag.|Half of it is good.|It has its moments and its lengths.|"
                     "Neither great nor bad.",
               not_recommended="Save your money.|I fell asleep twice.|A waste of paper.|I gave up in the middle."),
    ),
    "The cover shows a lighthouse.|A film is planned.|{person} drew the maps.|The last book sold {count} copies.|"
    "It was printed in {place}.|"
    "A reading will be held on {date}.|The prize is worth {amount}.|Paper came from {org}.|There are notes at the end.",
)  # fmt: skip

DOMAINS = (_EVENT, _MUSEUM, _LIBRARY, _BOOK)
