"""What people call the columns of device tables, in the languages that most of them are written in."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

FIELDS: Final = (
    "name", "country", "state", "serial", "label", "model", "latitude", "longitude", "position",
)  # fmt: skip
# English, German, French, Spanish, Portuguese, Italian, Dutch. The first words say it best.
_WORDS: Final = {
    "name": "name devicename device deviceid meter metername meterid meterno gerat geratename geratenr "
    "geratenummer gerateid zahler zahlernr zahlernummer automat automatennr parkautomat anlage anlagennr "
    "appareil nomappareil nom dispositivo nombre equipo nome apparaat naam terminal asset assetname thing id",
    "country": "country land staat pays pais paese countrycode countryname landcode nation",
    "state": "state province bundesland region kanton canton departement provincia provincie estado stato "
    "regione county district bezirk kreis landkreis gebiet oblast prefecture statename city stadt ort "
    "gemeinde ville ciudad cidade citta plaats site standort werk niederlassung filiale zone area",
    "serial": "serial serialnumber serialno serialnr sn seriennummer seriennr seriennr fabriknummer "
    "numerodeserie numeroserie numserie nserie matricola serienummer imei",
    "label": "label title titel bezeichnung beschreibung description address adresse anschrift strasse "
    "street libelle etiqueta direccion endereco indirizzo adres descripcion descricao descrizione",
    "model": "model modell type typ devicetype geratetyp modele modelo modello modelname hardware bauart "
    "produkt product variante",
    "latitude": "latitude lat breitengrad breite geobreite latitud latitudine breedtegraad ycoord",
    "longitude": "longitude lon lng long langengrad lange geolange longitud longitudine lengtegraad xcoord",
    "position": "gps gpskoordinaten coordinates koordinaten coordenadas coordonnees coordinate coordinaten "
    "geokoordinaten position latlon latlong latlng latitudelongitude geo",
}
_RANKS: Final = {
    field: {word: rank for rank, word in reversed(list(enumerate(words.split())))}
    for field, words in _WORDS.items()
}
_WORST = 1_000


def plain(header: str) -> str:
    """Return a header without accents, case, blanks and signs: `Geräte-Nr.` is `geratenr`."""
    parted = unicodedata.normalize("NFKD", header.casefold().replace("ß", "ss"))
    return re.sub(r"[\W_]+", "", "".join(one for one in parted if not unicodedata.combining(one)))


def one_line(header: str) -> str:
    """Return a header as it can stand in a comment or a line: without line breaks and control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in header).split())


def rank(field: str, header: str) -> int | None:
    """Return how well a header says a field, 0 the best, or None where it does not."""
    ranks = _RANKS[field]
    whole = ranks.get(plain(header))
    if whole is not None:
        return whole
    # `Meter name (new)` and `lat_deg` say it with one of their words.
    words = [plain(word) for word in re.split(r"[\W_]+", header) if word]
    found = [ranks[word] for word in words if word in ranks]
    return _WORST + min(found) if found else None


def is_exact(rank_of_header: int) -> bool:
    """Return whether the whole header says the field, not one of its words."""
    return rank_of_header < _WORST
