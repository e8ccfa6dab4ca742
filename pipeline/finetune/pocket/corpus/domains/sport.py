"""Sport: match results, races, regattas."""

from pipeline.finetune.pocket.corpus.facts import choice, domain, fact

_MATCH = domain(
    "match_result",
    "match report|result|sports note",
    "RESULT|Match report|From the pitch",
    (
        fact("orgs", "teams clubs opponents", "who played, in order of mention", "Teams|Match",
             "{a} met {b} on a wet pitch.|{a} played against {b}.|{a} had {b} as guests.|"
             "{b} did not make it easy for {a} to shine."),
        fact("people", "scorers goals_by", "who scored, in order of mention", "Scorers|Goals",
             "The goals came from {}.|{} scored.|On the score sheet: {}."),
        fact("person", "referee whistle", "who was the referee", "Referee",
             "The referee was {}.|{} blew the whistle.|Under the eyes of referee {}."),
        fact("person", "coach trainer", "who coaches the hosts", "Coach",
             "Coach {} was content.|{} trains the hosts.|The hosts' coach is {}."),
        fact("date", "played_on match_date", "the day of the match", "Played on|Date",
             "It was played on {}.|The match took place on {}.|Kick-off was on {}."),
        fact("date", "return_match second_leg", "the day of the return match", "Return match",
             "The return match is on {}.|They meet again on {}.|The second leg follows on {}."),
        fact("place", "ground played_in", "where it was played", "Ground|Played in",
             "They played in {}.|The ground in {} was sold out.|It was a home game in {}."),
        fact("count", "spectators attendance", "how many watched", "Spectators|Attendance",
             "{} people watched.|There were {} spectators.|The gate counted {}."),
        fact("amount", "prize prize_money", "what the winner gets", "Prize",
             "The winner gets {}.|The prize is {}.|First place is worth {}."),
        choice("outcome final_result", "how it ended for the hosts", "Outcome",
               home_win="The hosts celebrated.|Those at home were stronger.|The home crowd went home happy.|"
                        "The visitors had no chance.",
               away_win="The guests took all the points.|The visitors were better.|"
                        "The home crowd was silent at the whistle.|Joy in the visitors' bus.",
               draw="Neither could win.|They shared the points.|The score was level at the whistle.|"
                    "All square after ninety minutes."),
    ),
    "The grass was long.|Sausages ran out.|The shirts are paid by {org}.|{person} carried the water.|"
    "The bus to {place} was late.|A scarf costs {amount}.|"
    "The season opens on {date}.|Number {count} was hurt.|The band played.",
)  # fmt: skip

_RACE = domain(
    "race_report",
    "race report|race result",
    "RACE|From the track|Finish line",
    (
        fact("people", "podium first_three placed", "who came in first, in order of mention", "Podium|Placed",
             "The first home were {}.|On the podium stood {}.|{} took the medals."),
        fact("person", "winner won_by champion", "who won", "Winner|Won by",
             "{} won.|First across the line was {}.|Victory went to {}.|The champion is {}."),
        fact("person", "runner_up second_place", "who was second", "Second|Runner-up",
             "{} came second.|Right behind ran {}.|Second place went to {}."),
        fact("org", "organiser race_club", "who organised it", "Organiser",
             "{} had laid the course.|Organised by {}.|The start was given by {}."),
        fact("date", "race_date run_on", "the day of the race", "Run on|Date",
             "The race was run on {}.|The gun went off on {}.|They ran on {}."),
        fact("date", "entries_close sign_up_by", "the last day to sign up", "Entries close",
             "Entries had closed on {}.|Sign-up ended on {}.|Names were taken until {}."),
        fact("place", "course_town run_in", "where the race was", "Course|Where",
             "The course led through {}.|It was run in {}.|The streets of {} were lined."),
        fact("amount", "entry_fee start_money", "what runners pay", "Entry",
             "Runners paid {} to start.|The entry cost {}.|A number on your back costs {}."),
        fact("amount", "prize_money purse", "what was to be won", "Purse|Prize money",
             "The purse was {}.|There was {} to be won.|The winner went home with {}."),
        fact("count", "finishers finished", "how many finished", "Finishers",
             "{} reached the finish.|There were {} finishers.|{} names are on the list."),
        choice("course_state going", "what the course was like", "Course state",
               dry="The ground was hard and dusty.|Not a drop had fallen for weeks.|Dust rose from every step.|"
                   "The track was as dry as bone.",
               wet="Shoes filled with water.|The lanes were soaked.|Puddles splashed to the knee.|"
                   "The track was slippery from rain.",
               icy="Frost had made it like glass.|Many slid on the frozen bends.|Spikes were needed on the ice.|"
                   "The lanes were frozen over."),
    ),
    "Bananas were handed out.|A dog ran along.|Shoes by {org}.|{person} sang at the start.|Buses came from {place}.|"
    "A medal costs {amount}.|"
    "The course was measured on {date}.|Kilometre {count} is the worst.|Everyone got a shirt.",
)  # fmt: skip

_REGATTA = domain(
    "regatta",
    "regatta report|sailing note",
    "REGATTA|Sails and oars|On the water",
    (
        fact("people", "crew sailors", "who was on board, in order of mention", "Crew|On board",
             "On board were {}.|The crew: {}.|{} sailed the boat."),
        fact("person", "skipper helm", "who steered", "Skipper|Helm",
             "{} was at the helm.|Skipper {} chose the outer lane.|Steered by {}."),
        fact("org", "yacht_club hosted_by", "which club hosted it", "Club|Hosted by",
             "{} was the host.|The boats lay at {}.|Hosted by {}."),
        fact("org", "boat_builder built_by", "who built the boat", "Builder",
             "The boat was built by {}.|It came from the yard of {}."),
        fact("date", "sailed_on regatta_date", "the day of the regatta", "Sailed on",
             "It was sailed on {}.|The boats went out on {}.|The start was on {}."),
        fact("date", "boat_launched launch_date", "the day the boat was launched", "Launched",
             "The boat had been launched on {}.|She first touched water on {}."),
        fact("place", "waters sailed_in", "where it was sailed", "Waters",
             "They sailed off the coast of {}.|The bay in {} was rough.|It was sailed in {}."),
        fact("amount", "boat_value boat_cost", "what the boat cost", "Boat cost",
             "The boat had cost {}.|Such a hull is worth {}."),
        choice("wind breeze", "how strong the wind was", "Wind",
               calm="The sails hung limp.|Hardly a ripple on the water.|They drifted more than they sailed.|"
                    "Flags did not move.",
               breeze="A steady wind filled the sails.|Good sailing weather.|The air moved just enough.|"
                      "The boats ran nicely.",
               storm="Masts broke in the gale.|Waves went over the deck.|Two boats capsized in the squall.|"
                     "The harbour was closed by the gale."),
    ),
    "Gulls watched.|Soup was served on the pier.|The buoys were new.|Sails by {org}.|{person} kept the time.|"
    "A mooring costs {amount}.|"
    "The pier was built on {date}.|Boat {count} was late.|Guests came from {place}.",
)  # fmt: skip

DOMAINS = (_MATCH, _RACE, _REGATTA)
