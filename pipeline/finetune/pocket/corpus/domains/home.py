"""Home and everyday life: recipes, real-estate listings, repairs, clinic letters, pet care."""

from pipeline.finetune.pocket.corpus.facts import choice, domain, fact

_RECIPE = domain(
    "recipe",
    "recipe|cooking note",
    "From our kitchen|RECIPE|Cook with us",
    (
        fact("person", "cook recipe_by chef", "whose recipe it is", "Recipe by|Cook|Chef",
             "The recipe comes from {}.|{} cooked it for us.|Chef {} shows how.|Handed down by {}."),
        fact("place", "region comes_from", "where the dish comes from", "Region|Comes from",
             "People in {} eat it on Sundays.|The dish is at home in {}.|It was first cooked in {}."),
        fact("count", "servings serves portions", "how many people it feeds", "Serves|Portions",
             "Serves {} people.|It is enough for {} plates.|Makes {} portions."),
        fact("count", "minutes cooking_time", "how many minutes it takes", "Minutes|Time (min)",
             "It takes {} minutes.|Leave it in the oven for {} minutes.|Ready in {} minutes."),
        fact("amount", "cost cost_per_head", "what it costs", "Cost",
             "The shopping costs {}.|You spend about {}.|All this for {}."),
        fact("date", "printed_on appeared_on", "the day the recipe appeared", "Appeared",
             "It appeared on {}.|We first printed it on {}.|Readers saw it on {}."),
        choice("difficulty skill", "how hard it is", "Difficulty|Skill",
               easy="Even a child can do it.|Nothing can go wrong here.|Just mix and bake.|"
                    "Anyone who can boil water can make it.",
               medium="You need a little practice.|Watch the heat and you will be fine.|"
                      "Not for the very first try, but not hard either.|Some experience helps.",
               hard="Only for those who know their oven well.|It takes a steady hand and years at the stove.|"
                    "Most people fail the first three times.|A dish for masters."),
        choice("diet suits", "who can eat it", "Diet",
               vegan="Nothing in it comes from an animal.|Plants only, oil instead of butter.|"
                     "No milk, no eggs, no meat.|Made of beans and greens alone.",
               vegetarian="There is cheese in it but no meat.|Eggs and cream, but neither fish nor fowl.|"
                          "No animal had to die for it, though butter is used.|Milk yes, meat no.",
               meat="The lamb is roasted slowly.|Bacon gives it its taste.|Use good beef.|Two chickens go in the pot.",
               fish="Fresh cod is best.|Take a salmon from the market.|Mussels and prawns go in last.|"
                    "The herring is salted overnight."),
    ),
    "Salt to taste.|Keep the water.|Wash your hands first.|A pot by {org} works well.|"
    "Grandmother {person} would add garlic.|"
    "The market in {place} has good onions.|A knife costs {amount}.|Use {count} spoons of oil.|"
    "The fair opens on {date}.",
)  # fmt: skip

_LISTING = domain(
    "property_listing",
    "property listing|flat advert|house offer",
    "TO LET|House for sale|Homes|New on our books",
    (
        fact("name", "agent offered_by estate_agent", "who offers the home", "Agent|Offered by",
             "Shown by {}.|{} has the keys.|Offered through {}.|Ask {} for a visit."),
        fact("name", "owner belongs_to", "whose home it is", "Owner",
             "The house belongs to {}.|{} owns it.|Its owner is {}."),
        fact("place", "town area located_in", "where it is", "Where|Town|Area",
             "It lies in {}.|A quiet street in {}.|You will live in {}.|The house stands in {}."),
        fact("amount", "rent monthly_rent price asking", "what it costs", "Rent|Price|Asking",
             "It costs {}.|The owner asks for {}.|Yours for {}.|The sum they name is {}."),
        fact("amount", "deposit security", "what is left as security", "Deposit",
             "A deposit of {} is asked for.|Leave {} as security.|You put down {} first."),
        fact("date", "available_from move_in_date", "the first day to move in", "Available|Move in",
             "You can move in on {}.|It is free from {}.|Keys are handed over on {}."),
        fact("date", "built_on completed_on", "the day it was finished", "Completed",
             "The house was finished on {}.|Builders left on {}.|It was completed on {}."),
        fact("count", "rooms number_of_rooms", "how many rooms it has", "Rooms",
             "It has {} rooms.|You get {} rooms.|Space for {} rooms."),
        choice("listing_status availability", "whether it can still be had", "Status",
               available="You can still have it.|Visits are possible every day.|It is waiting for you.|"
                         "Nobody has taken it yet.",
               reserved="Somebody has put a hold on it.|It is kept back for a family.|A buyer is thinking it over.|"
                        "Spoken for until next week.",
               sold="It is gone.|A new owner has the keys.|Someone else was faster.|The home has changed hands."),
        choice("heating heated_by", "how it is heated", "Heating",
               gas="A gas boiler stands in the cellar.|Warm through gas.|The flame of the boiler heats it.|"
                   "Pipes bring gas to it.",
               wood_stove="A stove in the hall burns logs.|Bring an axe, it is heated with logs.|"
                          "The tiled stove eats wood.|Logs for winter are in the shed.",
               heat_pump="A pump draws warmth from the ground.|The heat comes out of the air by a pump.|"
                         "A modern heat pump hums outside.|Warmth is pumped from below.",
               none="There is no heating at all.|In winter it stays cold.|You bring your own blankets.|"
                    "No stove, no boiler, nothing."),
    ),
    "The garden has an apple tree.|Shops are near.|Pets are welcome.|The roof was done by {org}.|"
    "The neighbour, {person}, plays the horn.|"
    "The train to {place} stops here.|Heating costs {amount} a year.|Bus {count} stops outside.|"
    "Pictures were taken on {date}.",
)  # fmt: skip

_CLINIC = domain(
    "clinic_letter",
    "appointment letter|clinic letter|letter to a patient",
    "Your appointment|CLINIC|Letter to our patient",
    (
        fact("person", "patient patient_name for_whom", "who shall be seen", "Patient|For",
             "Dear {}, we look forward to your visit.|The patient is {}.|This letter is for {}.|"
             "{} is asked to come in."),
        fact("person", "doctor physician seen_by", "which doctor", "Doctor|Seen by",
             "You will be seen by {}.|{} will examine you.|Your doctor is {}.|Ask for {} at the desk."),
        fact("org", "clinic hospital practice", "which clinic", "Clinic|Hospital",
             "Come to {}.|{} expects you.|The examination is at {}."),
        fact("date", "appointment_date visit_on", "the day of the visit", "Appointment|Visit",
             "Your appointment is on {}.|Please come on {}.|We have kept {} free for you.|You are booked for {}."),
        fact("date", "date_of_birth born_on", "the patient's birthday", "Date of birth|Born",
             "Born on {}.|The patient was born on {}.|Date of birth is {}."),
        fact("date", "last_visit seen_before_on", "the day of the visit before", "Last visit",
             "You were last here on {}.|Your last check was on {}.|We saw you before on {}."),
        fact("amount", "cost visit_cost charge", "what the visit costs", "Cost|Charge",
             "The visit costs {}.|You will be charged {}.|Bring {} in cash."),
        fact("code", "file_number patient_id", "number of the patient's file", "File|Patient no.",
             "Your file is {}.|Patient number {}.|Quote {} when you call."),
        choice("urgency priority", "how urgent it is", "Urgency|Priority",
               routine="This is an ordinary check.|There is no hurry.|A yearly look, nothing more.|"
                       "It can wait if you are away.",
               soon="Do not put it off for many weeks.|We would like to see you within the month.|"
                    "Please come fairly quickly.|Better sooner than later.",
               urgent="Come at once.|This cannot wait.|Every hour counts.|Drop everything and come today."),
        choice("fasting preparation", "whether one may eat before", "Before you come",
               required="Eat nothing from midnight on.|Come with an empty stomach.|No breakfast on that day.|"
                        "Only water is allowed beforehand.",
               not_required="You may eat as usual.|Have your breakfast in peace.|There is no need to skip a meal.|"
                            "Food and drink are fine beforehand."),
    ),
    "Bring your glasses.|The lift is out of order.|Visitors may park behind the house.|"
    "The ward was named after {person}.|Machines come from {org}.|"
    "Parking costs {amount} an hour.|Room {count} is on the left.|The branch in {place} is closed.|"
    "We move house on {date}.",
)  # fmt: skip

_REPAIR = domain(
    "repair_order",
    "repair slip|workshop note|repair order",
    "WORKSHOP|Repair slip|Job sheet",
    (
        fact("name", "owner brought_by customer", "who brought it in", "Owner|Brought by|Customer",
             "Brought in by {}.|It belongs to {}.|{} wants it mended.|Customer is {}."),
        fact("person", "mechanic technician repaired_by", "who repairs it", "Mechanic|Technician",
             "{} will look at it.|On the bench of {}.|Mended by {}.|The mechanic is {}."),
        fact("date", "brought_in received_on", "the day it was brought", "Brought in|Received",
             "It was brought in on {}.|Received on {}.|It came to us on {}."),
        fact("date", "ready_on pick_up_date", "the day it can be fetched", "Ready|Pick up",
             "It will be ready on {}.|Fetch it on {}.|You can have it back on {}."),
        fact("amount", "repair_cost price", "what the repair costs", "Repair cost|Price",
             "The repair costs {}.|Mending it comes to {}.|We charge {} for the work."),
        fact("amount", "parts_cost spare_parts", "what the parts cost", "Parts",
             "Parts are {}.|New parts cost {}.|For spare parts we paid {}."),
        fact("code", "job_number slip", "number of the job", "Job no.|Slip",
             "Job number {}.|Filed as {}.|Slip {} hangs on it."),
        choice("warranty guarantee", "who bears the cost", "Warranty",
               covered="The guarantee still runs, so you pay nothing.|The maker bears the cost.|"
                       "It is free because it is not two years old.|All this is on the maker.",
               expired="The guarantee ran out last year.|It is too old to be mended for free.|The free years are over.|"
                       "No guarantee any more.",
               refused="The maker will not pay because it was dropped.|Water got in, so the guarantee does not help.|"
                       "You opened it yourself and lose the guarantee.|The maker turned down the request."),
        choice("fault problem", "what is wrong", "Fault",
               no_power="It does not switch on.|The lamp stays dark.|Nothing happens when you press the button.|"
                        "It is dead.",
               noise="It rattles.|It makes a howling sound.|It squeaks at every turn.|A loud knocking comes from it.",
               leak="Water drips out of it.|There is a puddle under it.|It loses oil.|The seal lets water through.",
               overheating="It gets far too hot.|After an hour you can fry eggs on it.|It switches off from heat.|"
                           "Its case burns your fingers."),
    ),
    "Coffee is free while you wait.|We do not mend umbrellas.|Tools by {org}.|The apprentice {person} starts soon.|"
    "Our second shop is in {place}.|"
    "Batteries cost {amount}.|We have mended {count} this year.|The shop is shut on {date}.|Keep this slip.",
)  # fmt: skip

DOMAINS = (_RECIPE, _LISTING, _CLINIC, _REPAIR)
