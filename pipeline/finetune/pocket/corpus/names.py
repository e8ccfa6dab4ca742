"""Names of people, organisations and places, mostly put together from syllables so that they must be copied."""

from random import Random

_GIVEN = (
    "Ada Bram Carla Dmitri Elif Farah Goran Hana Ines Jonas Keiko Lars Mina Nadia Omar Petra Quentin Rosa Sven Tova "
    "Umar Vera Wanda Xenia Yusuf Zoe Anselm Beatriz Cedric Dalia Edith Florin Greta Hugo Imani Jarek Katya Luca Malik "
    "Noor Oskar Paulina Rafael Sunita Tobias Ulrike Viktor Wren Ximena Yara Zoltan Amara Benedikt Chiara Dorothy Emre "
    "Fiona Gwen Hamid Ivo Josephine Kofi Leila Matteo Nils Olga Piotr Ramon Signe Teresa Uwe Valentina Walter Yelena"
).split()
_STARTS = (
    "b br c ch cl d dr f fl g gr h j k kl kr l m n p pr q r s sc sh sk sl st t th tr v w wh z al an ar as ber bor cal "
    "cor dal del dor el en er fal fen gal gar hal har hol il ir jor kel kin lan lor mar mel mor nor ol or pal pel per "
    "ran rin ros sal sel sor tal tel tor ul ur val van vel ver wal wen win yor zan"
).split()
_MIDDLES = "a e i o u ai ea ee ie oa ou a e i o u".split()
_ENDS = (
    "ck d ff g k l ll m n nd ng nn nt p r rd rk rn rt s sh ss st t th tt x z berg burn by dale den don ell en er field "
    "ford gate ham hurst ic ing ko land ley lin low man mere mont ner ova ow rick rup sen shaw ski son stad stein ton "
    "vale ville ward wick wood worth y"
).split()
_ODD = 0.4
_LETTERS = "eeeeeetttttaaaaoooiiinnnsssrrrhhlldddccuummffppggwyybbvkxjqz"
_ACCENTED = "äöüßéèêàâçñøåæłńśżčšžőíóúğı"
_BEFORE = (
    (
        "- - be con com de dis ex en in im inter mis over per pre pro qu re sub sch trans un up wh eff off app acc "
        "ess oc op"
    )
    .replace("-", "")
    .split(" ")
)
_AFTER = (
    (
        "- - ing ed er tion sion ment ive able ance ence ity ous al ful ism ist ly ness ship ure age ity ics hood ize "
        "ffe lle que"
    )
    .replace("-", "")
    .split(" ")
)
_TRADES = (
    "Bakeries Bicycles Books Brewing Builders Ceramics Cleaning Clinics Coaches Dairy Designs Electric Engineering "
    "Estates Farms Ferries Films Foods Freight Furniture Gardens Glass Health Hotels Instruments Interiors Joinery "
    "Kitchens Laboratories Lighting Machines Marine Media Metals Mills Motors Music Nurseries Optics Paints Paper "
    "Pharmacy Plumbing Pottery Press Printing Robotics Roofing Shipping Software Solar Sports Steel Stores Studios "
    "Systems Tailors Telecom Textiles Timber Tools Toys Trading Transport Travel Vineyards Watches Wines"
).split()
_SUFFIXES = (
    "Ltd", "Ltd.", "Limited", "Inc.", "LLC", "GmbH", "AG", "S.A.", "S.p.A.", "B.V.", "plc", "Co.", "Corp.", "AB", "Oy",
    "K.K.", "Pty Ltd", "& Co.", "& Sons", "Group", "Partners", "Holdings", "a.s.", "SARL",
)  # fmt: skip
_BODIES = (
    "Museum of {}|{} Museum|{} Library|{} Public Library|University of {}|{} College|{} School|{} Hospital|{} Choir|"
    "{} Rowing Club|{} Football Club|{} Athletics Club|{} Gardeners' Society|{} Council|City of {}|{} Foundation|"
    "{} Institute|{} Orchestra|{} Theatre|Friends of {}|{} Observatory|{} Airport|{} Trust"
).split("|")
_FIRSTS = "North South East West Old New Royal First Blue Green Red Silver Golden Upper Lower Grand Bright Deep".split()
_COUNTRIES = (
    (
        "Argentina|Australia|Austria|Belgium|Bolivia|Brazil|Bulgaria|Canada|Chile|China|Colombia|Croatia|Cyprus|"
        "Denmark|Ecuador|Egypt|England|Estonia|Finland|France|Germany|Ghana|Greece|Hungary|Iceland|India|"
        "Indonesia|Ireland|Israel|Italy|Jamaica|Japan|Jordan|Kenya|Latvia|Lithuania|Luxembourg|Malaysia|Malta|Mexico|"
        "Morocco|Nepal|the Netherlands|New Zealand|Nigeria|Norway|Panama|Peru|Poland|Portugal|Romania|Scotland|Senegal|"
        "Serbia|Singapore|Slovakia|Slovenia|South Africa|South Korea|Spain|Sweden|Switzerland|Taiwan|Tanzania|Thailand|"
        "Tunisia|Turkey|Uganda|Ukraine|Uruguay|Vietnam|Wales|Zambia"
    )
    .replace("the ", "")
    .split("|")
)
_REGIONS = (
    "Alabama|Alaska|Alberta|Andalusia|Arizona|Bavaria|Brittany|British Columbia|California|Catalonia|Colorado|"
    "Connecticut|Cornwall|Delaware|Florida|Flanders|Galicia|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kent|"
    "Kentucky|Lapland|Louisiana|Maine|Manitoba|Maryland|Massachusetts|Michigan|Minnesota|Missouri|Montana|Nebraska|"
    "Nevada|New Jersey|New South Wales|New York|Normandy|North Carolina|Nova Scotia|Ohio|Oklahoma|Ontario|Oregon|"
    "Pennsylvania|Provence|Quebec|Queensland|Saxony|Sicily|South Dakota|Tasmania|Tennessee|Texas|Tuscany|Tyrol|Utah|"
    "Vermont|Victoria|Virginia|Washington|Wisconsin|Wyoming|Yorkshire"
).split("|")
_TOWNS = (
    "Amsterdam|Athens|Bergen|Berlin|Bogota|Bristol|Brussels|Cairo|Cardiff|Chicago|Copenhagen|Denver|Dublin|Geneva|"
    "Hamburg|Helsinki|Istanbul|Kyoto|Leeds|Lisbon|London|Lyon|Madrid|Manila|Marseille|Milan|Montreal|Nairobi|Naples|"
    "Osaka|Oslo|Paris|Porto|Prague|Quito|Riga|Rome|Santiago|Seattle|Seoul|Seville|Sofia|Tallinn|Toronto|Turin|Utrecht|"
    "Valencia|Vienna|Warsaw|Zurich"
).split("|")
_KINDS_OF_REGION = ("the region of ", "the county of ", "the canton of ", "the island of ", "the district of ")


def invented(rng: Random) -> str:
    """A word nobody has read before, such as "Melonford" or "Krast"; now and then with letters in any order, so that
    every piece of a word gets copied some time.
    """
    if rng.random() < _ODD:
        return _odd(rng).capitalize()
    parts = [rng.choice(_STARTS), rng.choice(_MIDDLES)]
    if rng.random() < 0.35:
        parts += [rng.choice("b d g k l m n r s t v z".split()), rng.choice(_MIDDLES)]
    word = "".join([*parts, rng.choice(_ENDS)])
    return word.capitalize()


def _odd(rng: Random) -> str:
    """ "Quarbement", "xliuqp", "Brømsté": what the syllables above cannot spell."""
    draw = rng.random()
    if draw < 0.55:
        stem = "".join(rng.choices(_LETTERS, k=rng.randint(2, 5)))
        return rng.choice(_BEFORE) + stem + rng.choice(_AFTER)
    word = "".join(rng.choices(_LETTERS if draw < 0.8 else "abcdefghijklmnopqrstuvwxyz", k=rng.randint(5, 9)))
    if draw > 0.93:
        place = rng.randrange(len(word))
        word = word[:place] + rng.choice(_ACCENTED) + word[place + 1 :]
    return word


def person(rng: Random) -> str:
    given = rng.choice(_GIVEN) if rng.random() < 0.6 else invented(rng)
    family = invented(rng)
    draw = rng.random()
    if draw < 0.1:
        family += "-" + invented(rng)
    elif draw < 0.2:
        given += f" {rng.choice('ABCDEFGHJKLMNPRSTVW')}."
    elif draw < 0.25:
        family = rng.choice(("de ", "van ", "von ", "O'", "Mc", "da ")) + family
    return f"{given} {family}"


def organisation(rng: Random) -> str:
    if rng.random() < 0.2:
        return rng.choice(_BODIES).replace("{}", invented(rng))
    draw = rng.random()
    core = [invented(rng)]
    if draw < 0.2:
        core.insert(0, rng.choice(_FIRSTS))
    elif draw < 0.3:
        core += ["&", invented(rng)]
    elif draw < 0.4:
        core.append(invented(rng))
    if rng.random() < 0.75:
        core.append(rng.choice(_TRADES))
    draw = rng.random()
    if draw < 0.65:
        suffix = rng.choice(_SUFFIXES)
        core[-1] += "," if suffix in ("Inc.", "LLC", "Ltd.") and rng.random() < 0.4 else ""
        core.append(suffix)
    return " ".join(core)


def place(rng: Random) -> tuple[str, str]:
    """(as the text may write it, as it is called): ("the county of Kent", "Kent")."""
    draw = rng.random()
    if draw < 0.25:
        name = rng.choice(_COUNTRIES)
    elif draw < 0.55:
        name = rng.choice(_REGIONS)
        if rng.random() < 0.3:
            return rng.choice(_KINDS_OF_REGION) + name, name
    elif draw < 0.7:
        name = rng.choice(_TOWNS)
    else:
        name = invented(rng)
        if rng.random() < 0.2:
            name = f"{rng.choice(_FIRSTS)} {name}"
    return name, name
