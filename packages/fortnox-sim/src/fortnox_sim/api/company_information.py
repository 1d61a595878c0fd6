"""/3/companyinformation, /3/settings/company, /3/settings/lockedperiod, /3/me."""

import zlib

from fortnox_sim.json_format import Answer, json_answer
from fortnox_sim.router import Call, Route

SETTINGS_KEYS = (
    "Address", "BG", "BIC", "BranchCode", "City", "ContactFirstName", "ContactLastName", "Country",
    "CountryCode",
    "DatabaseNumber", "Domicile", "Email", "Fax", "IBAN", "Name", "OrganizationNumber", "PG", "Phone1",
    "Phone2",
    "TaxEnabled", "VATNumber", "VisitAddress", "VisitCity", "VisitCountry", "VisitCountryCode", "VisitName",
    "VisitZipCode", "WWW", "ZipCode",
)  # fmt: skip


def _information(call: Call) -> Answer:
    settings = call.company.settings
    return json_answer(
        {
            "CompanyInformation": {
                "Address": settings.get("Address", ""),
                "City": settings.get("City", ""),
                "CountryCode": settings.get("CountryCode", "SE"),
                "DatabaseNumber": settings["DatabaseNumber"],
                "CompanyName": settings["Name"],
                "OrganizationNumber": settings["OrganizationNumber"],
                "VisitAddress": settings.get("VisitAddress"),
                "VisitCity": settings.get("VisitCity"),
                "VisitCountryCode": settings.get("VisitCountryCode"),
                "VisitZipCode": settings.get("VisitZipCode"),
                "ZipCode": settings.get("ZipCode", ""),
            }
        }
    )


def _settings(call: Call) -> Answer:
    settings = call.company.settings
    shown = {key: settings.get(key, "") for key in SETTINGS_KEYS}
    shown["DatabaseNumber"] = str(settings["DatabaseNumber"])
    shown["TaxEnabled"] = settings.get("TaxEnabled", True)
    return json_answer({"CompanySettings": shown})


def _locked(call: Call) -> Answer:
    return json_answer({"LockedPeriod": {"EndDate": call.company.settings.get("locked_period")}})


def _me(call: Call) -> Answer:
    """Tell who authorized; a service account is nobody in particular."""
    user = call.world.users().get(call.user or "", {})
    role = user.get("companies", {}).get(call.company.number, "admin")
    email = user.get("email", "")
    facts = {"Email": email, "Id": f"{zlib.crc32(email.encode())}", "Locale": "sv_SE"}
    return json_answer(
        {"MeInformation": {**facts, "Name": user.get("name", "Servicekonto"), "SysAdmin": role == "admin"}}
    )


ROUTES = [
    Route("GET", "/3/me", _me, "profile"),
    Route("GET", "/3/companyinformation", _information, "companyinformation"),
    Route("GET", "/3/settings/company", _settings, "settings"),
    Route("GET", "/3/settings/lockedperiod", _locked, "settings"),
]
