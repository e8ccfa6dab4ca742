"""Public and working life: support tickets, job adverts, club minutes, grants, lost property."""

from pipeline.finetune.pocket.corpus.facts import choice, domain, fact

_TICKET = domain(
    "support_ticket",
    "support ticket|help-desk note|trouble report",
    "TICKET|Help desk|Trouble report",
    (
        fact("person", "reporter reported_by opened_by", "who reported the trouble", "Reported by|Opened by",
             "{} reported it.|Opened by {}.|A call came in from {}.|{} cannot work because of it."),
        fact("person", "assignee assigned_to handled_by", "who deals with it", "Assigned to|Handled by",
             "{} is looking into it.|Assigned to {}.|It lies on the desk of {}.|Given to {} to solve."),
        fact("org", "company customer_company account", "which company the caller works for", "Company|Account",
             "The caller works for {}.|Account of {}.|It concerns the office of {}."),
        fact("date", "opened_on reported_on", "the day it was reported", "Opened|Reported on",
             "Opened on {}.|We heard of it on {}.|Reported on {}."),
        fact("date", "closed_on solved_on", "the day it was solved", "Closed|Solved on",
             "Closed on {}.|It was solved on {}.|All was well again on {}."),
        fact("code", "ticket_id ticket_number", "number of the ticket", "Ticket|No.",
             "Ticket {}.|It has the number {}.|Refer to {}."),
        fact("count", "users_affected people_affected", "how many people are hit", "Users affected",
             "{} people are hit.|It stops {} users from working.|{} desks are dark."),
        choice("priority severity urgency", "how urgent it is", "Priority|Severity",
               high="Everything stands still.|The whole floor is cut off.|The customer is losing money by the minute.|"
                    "Drop all else and look at this.",
               medium="It is a nuisance, but work goes on.|There is a way round it for now.|"
                      "It should be mended this week.|Slow, though usable.",
               low="A small blemish, no hurry.|Just a wish for some day.|The colour of a button is off.|"
                   "Whenever somebody has time."),
        choice("category topic kind", "what sort of trouble it is", "Category|Topic",
               network="The wireless keeps dropping.|No connection to the outside.|The cable in the wall is dead.|"
                       "Pages do not load from anywhere.",
               printing="The printer eats paper.|Sheets come out blank.|Toner is all over the tray.|"
                        "The printing queue is stuck.",
               password="The login is refused.|The secret word was forgotten.|The account is locked after five tries.|"
                        "A new password is needed.",
               hardware="The screen is cracked.|The keyboard has lost its keys.|The laptop fell down the stairs.|"
                        "The mouse does not click."),
    ),
    "The caller was friendly.|We called back twice.|The office is in {place}.|The device was made by {org}.|"
    "{person} was on duty.|A new one costs {amount}.|"
    "The last update was on {date}.|There are {count} machines on that floor.|The manual did not help.",
)  # fmt: skip

_JOB = domain(
    "job_advert",
    "job advert|vacancy|job offer",
    "WE ARE HIRING|Vacancy|Join our team",
    (
        fact("org", "company hiring_company workplace", "who is hiring", "Company|Who we are",
             "{} is looking for help.|Join {}.|We are {}.|Work with us at {}."),
        fact("person", "contact apply_to", "whom to write to", "Contact|Apply to",
             "Write to {}.|{} reads your letters.|Send your papers to {}."),
        fact("place", "workplace_town location", "where the work is", "Where|Location",
             "You will work in {}.|The desk is in {}.|Our workshop is in {}."),
        fact("amount", "pay wage monthly_pay", "what is paid", "Pay|Wage",
             "We pay {}.|You earn {}.|The pay is {}.|You take home {}."),
        fact("amount", "travel_allowance moving_allowance", "what is paid towards travel", "Travel allowance",
             "Towards travel we add {}.|Your train is paid up to {}.|Moving is helped with {}."),
        fact("date", "start_date begins_on first_day", "the day on which one begins", "Start|First day",
             "Your first day is {}.|Work begins on {}.|You start on {}.|We would like to see you from {}."),
        fact("date", "apply_by closing_date", "the last day to apply", "Apply by|Closing date",
             "Apply by {}.|Letters must reach us by {}.|We read what comes before {}."),
        fact("count", "hours weekly_hours", "hours a week", "Hours a week",
             "It is {} hours a week.|You work {} hours weekly.|{} hours from Monday to Friday."),
        choice("hours_type working_time", "full or shorter days", "Working time",
               full_time="The whole week, all day.|A job that fills your week.|Five full days.|It is a full job.",
               part_time="Mornings only.|Three days out of five.|Half a job for people with children.|"
                         "A few afternoons.",
               temporary="Only for the summer.|Until our colleague is back.|It lasts three months and is then over.|"
                         "Help for the busy season."),
        choice("workplace_type where_to_work", "from where one works", "Working from",
               on_site="Everybody comes to the workshop.|You are here every day.|This cannot be done from a sofa.|"
                       "We all sit in one house.",
               remote="Work from your kitchen if you like.|Nobody has to come in.|You can live anywhere.|"
                      "Your own desk at home will do.",
               mixed="Two days here, three at home.|Come in on Mondays, stay away else.|"
                     "Some days at home, some with us.|Half here, half there."),
    ),
    "We like cheerful people.|There is fruit on Thursdays.|Bring your own cup.|The canteen is run by {org}.|"
    "Our founder {person} still works here.|"
    "We also have a house in {place}.|The firm was founded on {date}.|We are {count} people.|"
    "The team once won {amount}.",
)  # fmt: skip

_MINUTES = domain(
    "club_minutes",
    "minutes|club minutes|notes of a meeting",
    "MINUTES|Notes of the meeting|Club meeting",
    (
        fact("org", "club society association", "which club met", "Club|Society",
             "{} met as usual.|The meeting of {} was opened.|Members of {} came together."),
        fact("people", "attendees present members_present", "who was there, in order of mention", "Present|Attendees",
             "Present were {}.|{} had come.|Around the table sat {}.|Those present: {}."),
        fact("people", "absent excused apologies", "who could not come, in order of mention", "Excused|Absent",
             "{} could not come.|Excused: {}.|{} sent their regrets."),
        fact("person", "chair chaired_by led_by", "who led the meeting", "Chair|Led by",
             "{} led through the evening.|In the chair: {}.|The meeting was led by {}."),
        fact("person", "treasurer keeps_accounts", "who keeps the money", "Treasurer",
             "{} keeps the money.|Treasurer {} gave the figures.|The cash box is with {}."),
        fact("date", "meeting_date met_on", "the day of the meeting", "Met on|Date",
             "We met on {}.|The meeting was on {}.|It was held on {}."),
        fact("date", "next_meeting meets_again_on", "the day of the next meeting", "Next meeting",
             "We meet again on {}.|The next meeting is on {}.|See you all on {}."),
        fact("amount", "balance cash_in_hand", "what the club has", "Balance|Cash in hand",
             "There is {} in the cash box.|The balance is {}.|The club owns {}."),
        fact("amount", "yearly_dues subscription", "what members pay a year", "Dues|Subscription",
             "Each member pays {} a year.|Dues stay at {}.|The subscription was set at {}."),
        choice("vote decision motion_result", "how the vote went", "Vote|Decision",
               carried="All hands went up.|The motion was accepted.|A clear yes from the room.|Most were in favour.",
               rejected="The idea found no friends.|The motion was voted down.|Most said no.|"
                        "It was turned down by the room.",
               postponed="We will talk about it next time.|The question was put off.|No vote was taken yet.|"
                         "It was moved to a later evening."),
    ),
    "Cake was eaten.|The roof still leaks.|The hall belongs to {org}.|{person} told a joke.|The trip goes to {place}.|"
    "New cups cost {amount}.|"
    "The fair is on {date}.|We have {count} chairs.|Nobody wanted to wash up.",
)  # fmt: skip

_GRANT = domain(
    "grant_notice",
    "grant notice|award letter|scholarship letter",
    "AWARD|Good news|Grants of the season",
    (
        fact("org", "funder given_by foundation", "who gives the money", "Funder|Given by",
             "The money comes from {}.|{} pays for it.|Made possible by {}."),
        fact("names", "recipients winners awarded_to", "who gets it, in order of mention", "Recipients|Winners|"
                                                                                           "Awarded to",
             "It goes to {}.|The winners are {}.|This year {} share it.|We congratulate {}."),
        fact("name", "nominated_by proposed_by", "who proposed them", "Proposed by",
             "They were proposed by {}.|{} had put in a word.|The idea came from {}."),
        fact("amount", "sum grant award_sum", "how much it is", "Sum|Grant",
             "It is worth {}.|The grant amounts to {}.|They get {}.|A sum of {} was awarded."),
        fact("amount", "own_share own_money", "what they add themselves", "Own share",
             "They add {} of their own.|From their own pocket comes {}.|Their own share is {}."),
        fact("date", "awarded_on decided_on", "the day it was awarded", "Awarded on|Decided",
             "It was awarded on {}.|The jury decided on {}.|The letter was signed on {}."),
        fact("date", "project_start begins", "the day the project begins", "Project starts",
             "The project starts on {}.|Work begins on {}.|From {} on they will be busy."),
        fact("place", "country carried_out_in", "where the project is", "Where|Carried out in",
             "The project is carried out in {}.|They will work in {}.|All this happens in {}."),
        choice("field purpose", "what it is for", "Purpose",
               research="They study how frogs sing.|A laboratory will be fitted out for experiments.|"
                        "Scientists want to measure the ice.|New measurements shall be made.",
               teaching="Children learn to read with it.|A schoolroom will be furnished.|"
                        "Evening lessons for grown-ups are paid.|Teachers are trained.",
               arts="A play will be staged.|Painters get a studio.|A choir can tour the villages.|"
                    "Sculptures will be cast.",
               sport="A new pitch will be laid.|The swimmers get a coach.|Boats for young rowers are bought.|"
                     "Goals and nets are paid from it."),
    ),
    "The jury met three times.|There were {count} letters.|Dinner followed.|{person} gave a speech.|"
    "Last time it was {amount}.|The hall in {place} was full.|"
    "The next round opens on {date}.|Flowers came from {org}.|We wish them luck.",
)  # fmt: skip

_LOST = domain(
    "lost_property",
    "lost-property slip|found notice",
    "LOST AND FOUND|Lost property|Found",
    (
        fact("person", "finder found_by", "who found it", "Finder|Found by",
             "{} found it.|Handed in by {}.|An honest finder, {}, brought it."),
        fact("person", "owner loser belongs_to", "whose it is", "Owner|Belongs to",
             "It belongs to {}.|{} has lost it.|The label says {}."),
        fact("date", "found_on picked_up_on", "the day it was found", "Found on",
             "It was found on {}.|Picked up on {}.|Somebody saw it lying there on {}."),
        fact("date", "kept_until held_until", "how long it is kept", "Kept until",
             "We keep it until {}.|It stays with us until {}.|After {} it goes to charity."),
        fact("place", "found_in where_found", "where it was found", "Found in|Where",
             "It lay on a bench in {}.|Found in {}.|It was left on the train to {}."),
        fact("amount", "reward finder_reward", "what the finder gets", "Reward",
             "There is a reward of {}.|The finder gets {}.|Whoever brings it back is given {}."),
        fact("code", "slip_number item_no", "number of the slip", "Slip|Item no.",
             "Slip {}.|It has the number {}.|Ask for item {}."),
        choice("item_kind what_it_is", "what sort of thing it is", "Item",
               clothing="A blue scarf.|A child's jacket with buttons.|One left glove.|A woollen hat.",
               jewellery="A ring with a green stone.|A silver necklace.|One gold earring.|A bracelet of pearls.",
               electronics="A phone with a cracked screen.|A pair of wireless headphones.|A small camera.|"
                           "A charger with a long lead.",
               bag="A rucksack full of books.|A leather suitcase.|A shopping bag with apples.|A purse with a zip."),
    ),
    "Umbrellas are in the back room.|We open at eight.|{person} is at the counter.|Storage costs {amount} a week.|"
    "The tram is run by {org}.|"
    "Last month there were {count} hats.|The office in {place} is smaller.|We sell old things on {date}.",
)  # fmt: skip

DOMAINS = (_TICKET, _JOB, _MINUTES, _GRANT, _LOST)
