"""Travel: train and flight bookings, hotel stays, ferry notices."""

from pipeline.finetune.pocket.corpus.facts import choice, domain, fact

_BOOKING = domain(
    "train_booking",
    "booking|ticket|travel confirmation",
    "Your booking|TICKET|Have a good journey",
    (
        fact("people", "passengers travellers", "who travels, in order of mention", "Passengers|Travellers",
             "Passengers: {}.|{} travel together.|Seats are kept for {}.|This ticket is for {}."),
        fact("person", "booked_by paid_by", "who booked", "Booked by",
             "Booked by {}.|{} paid for it.|The order came from {}."),
        fact("org", "operator carrier run_by", "who runs the service", "Operator|Carrier",
             "Operated by {}.|{} takes you there.|You travel with {}."),
        fact("place", "from_station departure_town leaves_from", "where the journey begins", "From|Departure",
             "You leave from {}.|Get on in {}.|The journey begins in {}."),
        fact("place", "to_station arrival_town destination", "where it ends", "To|Destination",
             "You get off in {}.|Final stop is {}.|It takes you to {}."),
        fact("date", "travel_date departs_on leaving_on", "the day of the journey", "Travel date|Departs",
             "You travel on {}.|Departure is on {}.|The train leaves on {}."),
        fact("date", "return_date coming_back", "the day of the journey back", "Return",
             "You come back on {}.|The way home is on {}.|Return is booked for {}."),
        fact("date", "booked_on booking_date", "the day of the booking", "Booked on",
             "Booked on {}.|We took your order on {}.|The ticket was bought on {}."),
        fact("amount", "fare ticket_price", "what it costs", "Fare|Price",
             "The fare is {}.|You paid {}.|Your seat costs {}."),
        fact("amount", "seat_reservation reservation_cost", "what the reservation costs", "Reservation",
             "Reservations are {} extra.|For the window seat we added {}.|Keeping the seat costs {}."),
        fact("code", "booking_code reference", "code of the booking", "Code|Reference",
             "Your code is {}.|Show {} to the guard.|Booked under {}."),
        choice("refund_policy refund", "whether money is given back", "Refund",
               full="Change your mind and get everything back.|We return the whole price if you stay at home.|"
                    "Cancel when you like, it costs nothing.|All your money comes back on request.",
               partial="Half of it comes back if you cancel.|You get some of the price back.|"
                       "A share is kept if you stay at home.|Cancelling costs you a quarter.",
               none="The money is gone if you do not travel.|Tickets cannot be given back.|No money is returned.|"
                    "Nothing will be paid back."),
        choice("travel_class comfort", "in which class", "Class",
               first="Wide seats and a warm meal.|You sit in the front coach with newspapers.|The best seats we have.|"
                     "A place in the lounge is included.",
               second="A plain seat in the middle of the train.|Our usual seats.|The ordinary coach.|Standard comfort.",
               sleeper="A bed is made up for you.|You lie in a cabin with three bunks.|Sheets and a pillow are ready.|"
                       "You will wake up at the coast."),
    ),
    "Bicycles need a ticket too.|The buffet sells soup.|Trains have whistles.|Trolleys are run by {org}.|"
    "Guard {person} is glad to help.|Change in {place} if you like.|"
    "A coffee costs {amount}.|New times hold from {date}.|Platform {count} is far.",
)  # fmt: skip

_HOTEL = domain(
    "hotel_stay",
    "hotel booking|reservation|guest letter",
    "RESERVATION|Welcome|Your stay",
    (
        fact("people", "guests staying", "who stays, in order of mention", "Guests",
             "We expect {}.|{} will stay with us.|Guests: {}."),
        fact("org", "hotel house", "which hotel", "Hotel|House",
             "{} has a room for you.|Welcome to {}.|You stay at {}."),
        fact("name", "travel_agent booked_through", "who arranged it", "Booked through",
             "Arranged by {}.|The room was ordered by {}.|{} made the booking."),
        fact("date", "arrival check_in arriving_on", "the first day", "Arrival|Check-in",
             "You arrive on {}.|Check in on {}.|Your bed is ready from {}."),
        fact("date", "departure check_out leaving_on", "the last day", "Departure|Check-out",
             "You leave on {}.|Check out on {}.|The room is yours until {}."),
        fact("amount", "room_rate nightly_rate", "what a night costs", "Rate|Per night",
             "One night costs {}.|The room is {} a night.|You pay {} for each night."),
        fact("amount", "deposit paid_in_advance", "what was paid before", "Paid in advance",
             "You have paid {} in advance.|A deposit of {} has arrived.|We already got {}."),
        fact("place", "resort town", "where the hotel is", "Town|Resort",
             "The house stands in {}.|You will love {}.|Take the bus to {}."),
        fact("count", "nights length_of_stay", "how many nights", "Nights",
             "You stay {} nights.|{} nights are booked.|It is yours for {} nights."),
        choice("board meals", "which meals are included", "Meals|Board",
               breakfast="Eggs and toast in the morning are included.|The morning meal comes with the room.|"
                         "A buffet waits for you at seven in the morning.|Coffee and rolls at sunrise are free.",
               half_board="Morning and evening meals are included.|Dinner and breakfast come with the room.|"
                          "You eat twice a day with us.|Only at noon you look after yourself.",
               room_only="No meals are included.|You bring your own food.|The kitchen is closed to guests.|"
                         "Just the bed, nothing to eat."),
        choice("confirmation state", "whether the room is certain", "State",
               confirmed="The room is certainly yours.|All is settled, just come.|"
                         "We have written your name in the book.|Your booking stands.",
               waiting="You are on our list in case a room gets free.|We will tell you when somebody cancels.|"
                       "Nothing is free yet, please wait.|You are third in line.",
               declined="We are sorry, the house is full.|We cannot take you.|There is no room left.|"
                        "Unfortunately we have to say no."),
    ),
    "The lake is close.|Slippers are in the closet.|The pool is heated.|Towels are washed by {org}.|"
    "{person} plays the piano at night.|Boats go to {place}.|"
    "A sauna costs {amount}.|The wing was opened on {date}.|Room {count} has a view.",
)  # fmt: skip

DOMAINS = (_BOOKING, _HOTEL)
