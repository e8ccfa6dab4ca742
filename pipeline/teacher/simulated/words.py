"""The names that the simulated teacher's contracts bear: companies and persons, all invented."""

import random

from pipeline.teacher.simulated.phrases import pick

_PLACES = tuple(
    "Alderway Amberley Arden Arrowmere Ashgrove Aspen Barrow Bayview Beacon Bellweather Birchwood Blackthorn "
    "Bluefin Bramble Brightwater Broadleaf Brookfield Calder Cambrian Canopy Cardinal Castlebay Cedarbrook "
    "Chalkstone Cinder Clearwell Cloudberry Cobalt Copperfield Coral Cornerstone Cranmore Crestline Crossgate "
    "Cypress Dalewood Darkwater Deepdale Dovetail Driftwood Dunmore Eastbrook Eldergate Elmhurst Emberton "
    "Everfield Fairmont Falconer Fallowfield Fennick Fernhill Fieldstone Firefly Flintlock Foxglove Garnet "
    "Gatehouse Glenmoor Goldcrest Granary Graniteville Greenhollow Greyfriars Gullwing Hallowell Harrowgate "
    "Hartfield Hawksmoor Hazelmere Heathrow Highmark Hillcrest Hollybank Honeywell Horizon Hummingbird Inkwell "
    "Ironbridge Ivory Jasper Juniper Keystone Kingfisher Kestrel Lakeshore Lantern Larkspur Laurel Ledgerwood "
    "Lighthouse Lindenfeld Lodestar Longacre Lowland Magnolia Mapleton Marblehead Marigold Marlowe Meadowlark "
    "Mercer Midland Millrace Mistral Moorgate Moonstone Mossbank Newbridge Nightingale Northgate Oakhaven "
    "Obsidian Orchard Osprey Otterburn Palisade Paragon Pebblebrook Pelican Penrose Pinecrest Polaris Prairie "
    "Quarry Quayside Quillstone Ravenscroft Redfern Redwood Ridgeline Riverbend Rookwood Rosemont Rowanfield "
    "Saltmarsh Sandpiper Sapphire Seabright Sedgewick Shoreham Silverlake Skylark Slateford Snowdrop Solstice "
    "Southwark Sparrow Springvale Starling Stonebridge Summit Swiftwater Sycamore Tamarack Tarnside Thistledown "
    "Thornbury Tidewater Timberline Topaz Trellis Tuckahoe Underhill Valewood Verdant Vireo Wainwright Walnut "
    "Waterfall Westerly Wexcombe Wheatley Whitestone Wildrose Willowbrook Windrush Winterbourne Wolfram Woodlark "
    "Wrenfield Yarrow Yewtree Zephyr".split()
)
_TRADES = tuple(
    "Advisory|Aerospace|Agritech|Analytics|Apparel|Architects|Audio|Automation|Aviation|Bakeries|Biologics|Biotech|"
    "Botanicals|Brewing|Capital|Catering|Ceramics|Chemicals|Clinics|Cloud|Coatings|Components|Construction|Consulting|"
    "Controls|Dairy|Data|Dental|Design|Diagnostics|Digital|Distribution|Dynamics|Education|Electronics|Energy|"
    "Engineering|Events|Fabrication|Farms|Films|Fisheries|Foods|Freight|Furnishings|Genomics|Geospatial|Glassworks|"
    "Health|Hospitality|Hydraulics|Imaging|Industries|Instruments|Insights|Interiors|Laboratories|Landscapes|"
    "Learning|Lighting|Logistics|Machinery|Marine|Materials|Media|Medical|Metals|Mobility|Motors|Networks|Nutrition|"
    "Optics|Outdoor|Packaging|Paper|Payments|Pharma|Plastics|Power|Precision|Printing|Properties|Publishing|Rail|"
    "Recruitment|Recycling|Renewables|Research|Retail|Robotics|Security|Semiconductors|Sensors|Shipping|Software|"
    "Solar|Sports|Staffing|Steel|Storage|Studios|Surveying|Systems|Technologies|Telecom|Textiles|Therapeutics|Timber|"
    "Tooling|Toys|Trading|Training|Transit|Travel|Utilities|Vehicles|Ventures|Vineyards|Water|Wireless|Works".split("|")
)
_SUFFIXES = tuple(
    " Ltd| Limited| Ltd.| plc| LLP|, Inc.| Inc.|, LLC| LLC| Corp.| Corporation| GmbH| AG| B.V.| S.A.| AB| Oy| ApS| AS| "
    "S.r.l.| Pty Ltd| Pte. Ltd.| SAS| KG| L.P.| Co.| SE| N.V.| Holdings Ltd| Group plc".split("|")
)
_WOMEN = tuple(
    "Adaeze Agnes Aiko Alejandra Alina Amara Amelie Andrea Anika Astrid Aurelia Beatriz Bettina Bridget Camila "
    "Catrin Cecilia Clara Dagny Dalia Daniela Deepa Delphine Efua Eleni Elspeth Esther Farah Felicity Fiona Freya "
    "Gemma Giulia Greta Hanna Helena Imogen Ines Ingrid Isabel Jamila Jasmin Johanna Josefina Katarina Kerstin "
    "Leila Leonie Lidia Lorena Lucia Ludmila Margot Mariam Martina Matilda Mei Mireille Nadia Naomi Natalia Niamh "
    "Noor Odette Olga Paloma Petra Philippa Priya Rachel Ragnhild Rania Rebecca Roisin Rosalind Sabine Samira "
    "Selma Shreya Sigrid Sofia Sunita Tamsin Teresa Uma Ursula Valentina Vera Vivian Wanda Ximena Yara Zainab".split()
)
_MEN = tuple(
    "Adrian Ahmed Alasdair Anders Anton Arjun Benedict Bjorn Bruno Callum Carlos Chidi Conor Cosmo Darius Dmitri "
    "Dominic Edith Elias Emeka Emil Etienne Fabian Fergus Florian Gareth Goran Gustav Hamish Hassan Henrik "
    "Hiroshi Hugo Ibrahim Ivan Joachim Jonas Julian Kaito Karim Kenji Kofi Lars Laszlo Liam Linus Lucas Magnus "
    "Malik Marcel Mateo Mikkel Mohan Nikolai Oliver Oscar Oyelaran Pablo Patrick Pavel Quentin Rafael Ravi Roland "
    "Ruben Sebastian Simon Stefan Tariq Theo Tobias Tomasz Viktor Wilhelm Yusuf Zoltan".split()
)
_FIRST = _WOMEN + _MEN
_SURNAMES = tuple(
    "Abara Ackermann Adeyemi Aldous Almeida Andersen Anwar Appiah Arnault Ashdown Bailey Bannerman Barros Basu "
    "Becker Benali Bergstrom Bianchi Blackwood Boateng Bondarenko Borg Braithwaite Brandt Brennan Burnham "
    "Calloway Cardoso Carlsen Castellano Chadwick Chandra Chen Christie Cisneros Clifford Coburn Connolly Cordova "
    "Costello Dahl Dalgaard Danso Darby Delacroix Desai Devlin Dhillon Dimitrov Donnelly Doyle Drummond Dubois "
    "Dvorak Eastwood Eckhart Edwards Ekström Ellison Engel Eriksen Espinoza Fairbairn Falk Faraday Farrow Fenwick "
    "Ferreira Fielding Fischer Fitzgerald Forsberg Fraser Fujimoto Gallagher Garza Gibbons Gonzalez Graves "
    "Grimaldi Gupta Haddad Hallam Hammond Hansen Harkness Hartmann Hayashi Hedley Herrera Hoffmann Holloway "
    "Horvat Hughes Huang Ibarra Iversen Iyer Jankowski Jansen Jardine Jensen Jimenez Kapoor Karlsson Keating "
    "Keller Khalil Kimura Kirkwood Kovac Kowalski Kruger Kumar Lachlan Lambert Langford Larsen Laurent Leclerc "
    "Lefevre Lindqvist Lockwood Lombardi Lopez Lundgren MacLeod Maddox Malhotra Marchetti Markovic Marsden "
    "Masters Mbeki McAllister Mendoza Menon Meyer Mikkelsen Molina Moreau Moretti Morrow Mukherjee Murakami "
    "Nakamura Navarro Ndiaye Nielsen Nkosi Novak Obi Ochoa Oduya Okafor Olsen Onyango Ortega Osei Pacheco Padilla "
    "Palmer Papadakis Parekh Patel Pemberton Petrov Pfeiffer Popescu Quigley Quintero Radcliffe Rahman Ramirez "
    "Rasmussen Reinholt Renard Ricci Rosenthal Rossi Rutherford Sandoval Santos Sato Schneider Schultz Shapiro "
    "Sharma Sinclair Singh Skinner Sobczak Solberg Somerville Sorensen Stavros Sterling Strand Suzuki Takahashi "
    "Tanaka Thackeray Thorne Tremblay Tucker Uchida Underwood Vargas Vasquez Venter Vidal Volkov Wadsworth "
    "Walcott Watanabe Weber Whitaker Wickham Winslow Yamada Yates Yilmaz Zamora Zeller Ziegler".split()
)


def company(rng: random.Random) -> str:
    """A company with its legal suffix, of one of four builds: `Northgate Optics Ltd`, `Doyle & Falk LLP` …"""
    build = rng.random()
    if build < 0.6:
        stem = f"{pick(rng, _PLACES)} {pick(rng, _TRADES)}"
    elif build < 0.75:
        stem = f"{pick(rng, _SURNAMES)} {pick(rng, _TRADES)}"
    elif build < 0.85:
        stem = f"{pick(rng, _SURNAMES)} & {pick(rng, _SURNAMES)} {pick(rng, _TRADES)}"
    else:
        stem = f"{pick(rng, _PLACES)} {pick(rng, _PLACES)} {pick(rng, _TRADES)}"
    return stem + pick(rng, _SUFFIXES)


def person(rng: random.Random) -> str:
    middle = f" {chr(65 + int(rng.random() * 24))}." if rng.random() < 0.12 else ""
    return f"{pick(rng, _FIRST)}{middle} {pick(rng, _SURNAMES)}"


def title(rng: random.Random, name: str) -> str:
    """The title set before a person's name, which is no part of it: none as often as not."""
    return pick(rng, ("", "", "Dr. ", "Ms. " if name.split()[0] in _WOMEN else "Mr. "))


def bank(rng: random.Random) -> str:
    """A bank: one that is named in a contract and is no party to it."""
    return f"{pick(rng, _PLACES)} {pick(rng, ('Bank', 'Trust Bank', 'Savings Bank', 'Banking Group'))}"
