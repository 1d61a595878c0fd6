"""Country names as Fortnox has them: ISO code, Swedish, and the older ISO short name in English.

Invoices take either name, keep what was sent and refuse everyday names such as `South Korea` (recorded);
customers show the Swedish one.
"""

TABLE = """
AD|Andorra|Andorra; AE|Förenade Arabemiraten|United Arab Emirates; AF|Afghanistan|Afghanistan;
AG|Antigua och Barbuda|Antigua and Barbuda; AI|Anguilla|Anguilla; AL|Albanien|Albania; AM|Armenien|Armenia;
AO|Angola|Angola; AQ|Antarktis|Antarctica; AR|Argentina|Argentina; AS|Amerikanska Samoa|American Samoa;
AT|Österrike|Austria; AU|Australien|Australia; AW|Aruba|Aruba; AX|Åland|Åland Islands;
AZ|Azerbajdzjan|Azerbaijan; BA|Bosnien och Hercegovina|Bosnia and Herzegovina; BB|Barbados|Barbados;
BD|Bangladesh|Bangladesh; BE|Belgien|Belgium; BF|Burkina Faso|Burkina Faso; BG|Bulgarien|Bulgaria;
BH|Bahrain|Bahrain; BI|Burundi|Burundi; BJ|Benin|Benin; BL|S:t Barthélemy|Saint Barthélemy;
BM|Bermuda|Bermuda; BN|Brunei|Brunei Darussalam; BO|Bolivia|Bolivia, Plurinational State of;
BQ|Karibiska Nederländerna|Bonaire, Sint Eustatius and Saba; BR|Brasilien|Brazil; BS|Bahamas|Bahamas;
BT|Bhutan|Bhutan; BV|Bouvetön|Bouvet Island; BW|Botswana|Botswana; BY|Belarus|Belarus; BZ|Belize|Belize;
CA|Kanada|Canada; CC|Kokosöarna|Cocos (Keeling) Islands;
CD|Kongo-Kinshasa|Congo, The Democratic Republic of the;
CF|Centralafrikanska republiken|Central African Republic; CG|Kongo-Brazzaville|Congo;
CH|Schweiz|Switzerland; CI|Elfenbenskusten|Côte d’Ivoire; CK|Cooköarna|Cook Islands; CL|Chile|Chile;
CM|Kamerun|Cameroon; CN|Kina|China; CO|Colombia|Colombia; CR|Costa Rica|Costa Rica; CU|Kuba|Cuba;
CV|Kap Verde|Cape Verde; CW|Curaçao|Curaçao; CX|Julön|Christmas Island; CY|Cypern|Cyprus;
CZ|Tjeckien|Czech Republic; DE|Tyskland|Germany; DJ|Djibouti|Djibouti; DK|Danmark|Denmark;
DM|Dominica|Dominica; DO|Dominikanska republiken|Dominican Republic; DZ|Algeriet|Algeria;
EC|Ecuador|Ecuador; EE|Estland|Estonia; EG|Egypten|Egypt; EH|Västsahara|Western Sahara; ER|Eritrea|Eritrea;
ES|Spanien|Spain; ET|Etiopien|Ethiopia; FI|Finland|Finland; FJ|Fiji|Fiji;
FK|Falklandsöarna|Falkland Islands (Malvinas); FM|Mikronesien|Micronesia, Federated States of;
FO|Färöarna|Faroe Islands; FR|Frankrike|France; GA|Gabon|Gabon; GB|Storbritannien|United Kingdom;
GD|Grenada|Grenada; GE|Georgien|Georgia; GF|Franska Guyana|French Guiana; GG|Guernsey|Guernsey;
GH|Ghana|Ghana; GI|Gibraltar|Gibraltar; GL|Grönland|Greenland; GM|Gambia|Gambia; GN|Guinea|Guinea;
GP|Guadeloupe|Guadeloupe; GQ|Ekvatorialguinea|Equatorial Guinea; GR|Grekland|Greece;
GS|Sydgeorgien och Sydsandwichöarna|South Georgia and the South Sandwich Islands; GT|Guatemala|Guatemala;
GU|Guam|Guam; GW|Guinea-Bissau|Guinea-Bissau; GY|Guyana|Guyana; HK|Hongkong SAR|Hong Kong;
HM|Heardön och McDonaldöarna|Heard Island and McDonald Islands; HN|Honduras|Honduras; HR|Kroatien|Croatia;
HT|Haiti|Haiti; HU|Ungern|Hungary; ID|Indonesien|Indonesia; IE|Irland|Ireland; IL|Israel|Israel;
IM|Isle of Man|Isle of Man; IN|Indien|India;
IO|Brittiska territoriet i Indiska oceanen|British Indian Ocean Territory; IQ|Irak|Iraq;
IR|Iran|Iran, Islamic Republic of; IS|Island|Iceland; IT|Italien|Italy; JE|Jersey|Jersey;
JM|Jamaica|Jamaica; JO|Jordanien|Jordan; JP|Japan|Japan; KE|Kenya|Kenya; KG|Kirgizistan|Kyrgyzstan;
KH|Kambodja|Cambodia; KI|Kiribati|Kiribati; KM|Komorerna|Comoros;
KN|S:t Kitts och Nevis|Saint Kitts and Nevis; KP|Nordkorea|Korea, Democratic People’s Republic of;
KR|Sydkorea|Korea, Republic of; KW|Kuwait|Kuwait; KY|Caymanöarna|Cayman Islands; KZ|Kazakstan|Kazakhstan;
LA|Laos|Lao People’s Democratic Republic; LB|Libanon|Lebanon; LC|S:t Lucia|Saint Lucia;
LI|Liechtenstein|Liechtenstein; LK|Sri Lanka|Sri Lanka; LR|Liberia|Liberia; LS|Lesotho|Lesotho;
LT|Litauen|Lithuania; LU|Luxemburg|Luxembourg; LV|Lettland|Latvia; LY|Libyen|Libya; MA|Marocko|Morocco;
MC|Monaco|Monaco; MD|Moldavien|Moldova, Republic of; ME|Montenegro|Montenegro;
MF|Saint-Martin|Saint Martin (French part); MG|Madagaskar|Madagascar; MH|Marshallöarna|Marshall Islands;
MK|Nordmakedonien|Macedonia, Republic of; ML|Mali|Mali; MM|Myanmar (Burma)|Myanmar; MN|Mongoliet|Mongolia;
MO|Macao SAR|Macao; MP|Nordmarianerna|Northern Mariana Islands; MQ|Martinique|Martinique;
MR|Mauretanien|Mauritania; MS|Montserrat|Montserrat; MT|Malta|Malta; MU|Mauritius|Mauritius;
MV|Maldiverna|Maldives; MW|Malawi|Malawi; MX|Mexiko|Mexico; MY|Malaysia|Malaysia; MZ|Moçambique|Mozambique;
NA|Namibia|Namibia; NC|Nya Kaledonien|New Caledonia; NE|Niger|Niger; NF|Norfolkön|Norfolk Island;
NG|Nigeria|Nigeria; NI|Nicaragua|Nicaragua; NL|Nederländerna|Netherlands; NO|Norge|Norway; NP|Nepal|Nepal;
NR|Nauru|Nauru; NU|Niue|Niue; NZ|Nya Zeeland|New Zealand; OM|Oman|Oman; PA|Panama|Panama; PE|Peru|Peru;
PF|Franska Polynesien|French Polynesia; PG|Papua Nya Guinea|Papua New Guinea; PH|Filippinerna|Philippines;
PK|Pakistan|Pakistan; PL|Polen|Poland; PM|S:t Pierre och Miquelon|Saint Pierre and Miquelon;
PN|Pitcairnöarna|Pitcairn; PR|Puerto Rico|Puerto Rico;
PS|Palestinska territorierna|Palestinian Territory, Occupied; PT|Portugal|Portugal; PW|Palau|Palau;
PY|Paraguay|Paraguay; QA|Qatar|Qatar; RE|Réunion|Réunion; RO|Rumänien|Romania; RS|Serbien|Serbia;
RU|Ryssland|Russian Federation; RW|Rwanda|Rwanda; SA|Saudiarabien|Saudi Arabia;
SB|Salomonöarna|Solomon Islands; SC|Seychellerna|Seychelles; SD|Sudan|Sudan; SE|Sverige|Sweden;
SG|Singapore|Singapore; SH|S:t Helena|Saint Helena, Ascension and Tristan da Cunha; SI|Slovenien|Slovenia;
SJ|Svalbard och Jan Mayen|Svalbard and Jan Mayen; SK|Slovakien|Slovakia; SL|Sierra Leone|Sierra Leone;
SM|San Marino|San Marino; SN|Senegal|Senegal; SO|Somalia|Somalia; SR|Surinam|Suriname;
SS|Sydsudan|South Sudan; ST|São Tomé och Príncipe|Sao Tome and Principe; SV|El Salvador|El Salvador;
SX|Sint Maarten|Sint Maarten (Dutch part); SY|Syrien|Syrian Arab Republic; SZ|Eswatini|Swaziland;
TC|Turks- och Caicosöarna|Turks and Caicos Islands; TD|Tchad|Chad;
TF|Franska sydterritorierna|French Southern Territories; TG|Togo|Togo; TH|Thailand|Thailand;
TJ|Tadzjikistan|Tajikistan; TK|Tokelauöarna|Tokelau; TL|Östtimor|Timor-Leste; TM|Turkmenistan|Turkmenistan;
TN|Tunisien|Tunisia; TO|Tonga|Tonga; TR|Turkiet|Turkey; TT|Trinidad och Tobago|Trinidad and Tobago;
TV|Tuvalu|Tuvalu; TW|Taiwan|Taiwan, Province of China; TZ|Tanzania|Tanzania, United Republic of;
UA|Ukraina|Ukraine; UG|Uganda|Uganda; UM|USA:s yttre öar|United States Minor Outlying Islands;
US|USA|United States; UY|Uruguay|Uruguay; UZ|Uzbekistan|Uzbekistan;
VA|Vatikanstaten|Holy See (Vatican City State);
VC|S:t Vincent och Grenadinerna|Saint Vincent and the Grenadines;
VE|Venezuela|Venezuela, Bolivarian Republic of; VG|Brittiska Jungfruöarna|Virgin Islands, British;
VI|Amerikanska Jungfruöarna|Virgin Islands, U.S.; VN|Vietnam|Viet Nam; VU|Vanuatu|Vanuatu;
WF|Wallis- och Futunaöarna|Wallis and Futuna; WS|Samoa|Samoa; YE|Jemen|Yemen; YT|Mayotte|Mayotte;
ZA|Sydafrika|South Africa; ZM|Zambia|Zambia; ZW|Zimbabwe|Zimbabwe;
"""

# Names that ISO gave later; whether Fortnox takes them is not recorded.
RENAMED = ("Czechia", "Eswatini", "North Macedonia", "Türkiye", "Cabo Verde", "Palestine, State of")

COUNTRIES: dict[str, tuple[str, str]] = {
    code: (swedish, english)
    for code, swedish, english in (
        entry.strip().split("|") for entry in TABLE.replace("\n", " ").split(";") if entry.strip()
    )
}
COUNTRY_NAMES = frozenset(name.casefold() for names in (*COUNTRIES.values(), RENAMED) for name in names)


def find_swedish_name(code: str | None) -> str | None:
    """Give the read-only country name that goes with a code."""
    known = COUNTRIES.get((code or "").upper())
    return known[0] if known else code
