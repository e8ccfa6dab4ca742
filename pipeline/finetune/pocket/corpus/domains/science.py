"""Science and nature: lab reports, field observations, weather bulletins."""

from pipeline.finetune.pocket.corpus.facts import choice, domain, fact

_LAB = domain(
    "lab_report",
    "lab report|test report|analysis",
    "LAB REPORT|Test result|Analysis",
    (
        fact("people", "analysts tested_by chemists", "who did the tests, in order of mention", "Analysts|Tested by",
             "Tested by {}.|{} did the measurements.|In the laboratory: {}.|{} signed the sheet."),
        fact("org", "laboratory lab carried_out_by", "which laboratory", "Laboratory|Lab",
             "The tests were done at {}.|{} carried them out.|Measured in the rooms of {}."),
        fact("name", "ordered_by client commissioned_by", "who wanted the test", "Ordered by|Client",
             "Ordered by {}.|{} asked for the test.|The sample was sent by {}."),
        fact("date", "sampled_on sample_date", "the day the sample was taken", "Sampled|Sample taken",
             "The sample was taken on {}.|Sampled on {}.|The bottle was filled on {}."),
        fact("date", "tested_on analysis_date", "the day of the test", "Tested|Analysed",
             "It was tested on {}.|The analysis ran on {}.|Measurements were made on {}."),
        fact("place", "sample_site taken_in", "where the sample was taken", "Site|Taken in",
             "The sample comes from {}.|It was drawn from a well in {}.|Taken in {}."),
        fact("amount", "test_cost charge", "what the test costs", "Charge|Cost",
             "The test costs {}.|We charge {}.|It comes at {}."),
        fact("code", "sample_id sample_number", "number of the sample", "Sample",
             "Sample {}.|The bottle is marked {}.|Labelled {}."),
        choice("result finding", "what came out", "Result|Finding",
               safe="Nothing harmful was found.|All values lie below the limits.|It can be drunk without worry.|"
                    "The sample is clean.",
               unsafe="The limit is exceeded by far.|It must not be drunk.|Harmful germs were present.|"
                      "The values are alarming.",
               unclear="The test has to be done again.|The numbers do not tell us enough.|No answer can be given yet.|"
                       "The sample was too small to say."),
    ),
    "The centrifuge was loud.|Gloves were worn.|The method is an old one.|Reagents came from {org}.|"
    "{person} looked over it.|The second lab is in {place}.|"
    "A bottle costs {amount}.|The device was checked on {date}.|It was run {count} times.",
)  # fmt: skip

_FIELD = domain(
    "field_report",
    "field report|sighting|nature diary",
    "FIELD NOTES|Sighting|Nature diary",
    (
        fact("people", "observers seen_by watchers", "who saw it, in order of mention", "Observers|Seen by",
             "Seen by {}.|{} watched from a hide.|The observers were {}."),
        fact("org", "society reported_to", "who collects the report", "Reported to",
             "It was reported to {}.|{} keeps the records.|The sheet went to {}."),
        fact("date", "seen_on observation_date", "the day of the sighting", "Seen on|Date",
             "Seen on {}.|It showed itself on {}.|The sighting was on {}."),
        fact("date", "reported_on sent_in_on", "the day it was reported", "Reported",
             "Reported on {}.|The sheet came in on {}.|Written down on {}."),
        fact("place", "place_seen site region", "where it was seen", "Where|Site",
             "We saw it in {}.|It rested in a meadow in {}.|The site lies in {}."),
        fact("count", "animals number_seen", "how many were seen", "Number seen",
             "There were {} of them.|We counted {}.|A flock of {} passed."),
        fact("count", "distance_m metres", "how far away it was", "Distance (m)",
             "It was {} metres away.|From {} metres we could see it well.|Distance {} m."),
        choice("weather sky", "what the weather was like", "Weather|Sky",
               clear="Not a cloud above us.|Blue sky all day.|The sun stood high and bright.|"
                     "Stars could be seen at dusk.",
               rain="It poured.|We got wet to the skin.|Drops fell without a break.|Puddles everywhere.",
               fog="We could hardly see our hands.|Everything was grey and veiled.|Mist lay over the reeds.|"
                   "A thick haze hid the hills.",
               snow="White flakes came down.|The meadow was white.|We walked through deep snow.|Our tracks froze."),
        choice("animal_group kind_of_animal", "what sort of animal it was", "Animal",
               bird="It flew up and sang.|Its nest was in the reeds.|The beak was yellow.|Feathers lay on the ground.",
               insect="It had six legs and two feelers.|It crawled out of its cocoon.|"
                      "Its wings were like glass and it hummed.|It sat on a leaf and chewed.",
               mammal="Its fur was brown and wet.|It fed its young with milk.|It left the print of a paw.|"
                      "It slept in its burrow.",
               fish="It swam against the stream.|Its scales shone.|Its fins were red.|It leapt at the weir."),
    ),
    "Boots are needed.|The path is steep.|Tea was in the flask.|Our glasses are by {org}.|{person} drove us there.|"
    "The next walk leads to {place}.|"
    "A permit costs {amount}.|The hide was built on {date}.|We walked {count} miles.",
)  # fmt: skip

_WEATHER = domain(
    "weather_bulletin",
    "weather bulletin|forecast|weather warning",
    "WEATHER|Forecast|Outlook",
    (
        fact("org", "issued_by weather_service", "who issues it", "Issued by",
             "Issued by {}.|{} gives this outlook.|The figures are those of {}."),
        fact("person", "forecaster on_duty", "which forecaster", "Forecaster|On duty",
             "On duty: {}.|{} has drawn the maps.|Your forecaster is {}."),
        fact("place", "region area valid_in", "where it holds", "Region|Area",
             "This is the outlook for {}.|It concerns {}.|People in {} should take care."),
        fact("date", "issued_on written_on", "the day it was issued", "Issued|Written",
             "Issued on {}.|Written on {}.|The bulletin was sent out on {}."),
        fact("date", "forecast_for valid_on", "the day it is about", "Outlook for|Valid on",
             "Outlook for {}.|On {} you can expect this.|It tells what happens on {}."),
        fact("count", "highest_temperature maximum", "highest temperature", "Maximum|Highest",
             "Up to {} degrees.|The highest value will be {} degrees.|It warms up to {} degrees."),
        fact("count", "wind_kmh gusts", "wind in km/h", "Gusts (km/h)",
             "Gusts reach {} km/h.|The wind blows at {} km/h.|Expect {} km/h on the hills."),
        fact("amount", "storm_damage damage", "what a storm destroyed", "Storm damage",
             "The last storm did damage of {}.|Insurers paid {} for the last storm.|Repairs after the gale cost {}."),
        choice("warning_level level", "how serious it is", "Level|Warning",
               green="Nothing to worry about.|A calm day for all.|Hang out your washing.|No warning is needed.",
               yellow="Keep an eye on the sky.|Some care is advised.|Garden chairs may move.|Be a little watchful.",
               red="Stay at home.|Lives are in danger.|Do not go near the shore.|Take shelter at once."),
    ),
    "The mast was mended.|Gulls fly low.|Farmers hope for rain.|The station in {place} is new.|"
    "{person} photographed a rainbow.|A barometer costs {amount}.|"
    "The last frost was on {date}.|Our radar was built by {org}.|It rained {count} hours.",
)  # fmt: skip

DOMAINS = (_LAB, _FIELD, _WEATHER)
