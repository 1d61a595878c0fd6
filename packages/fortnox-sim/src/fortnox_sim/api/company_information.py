"""/3/companyinformation, /3/settings/company, /3/settings/lockedperiod, /3/me."""

import zlib

from fortnox_sim.json_format import Response, json_response
from fortnox_sim.router import ApiRequest, Route

SETTINGS_KEYS = (
    "Address", "BG", "BIC", "BranchCode", "City", "ContactFirstName", "ContactLastName", "Country",
    "CountryCode",
    "DatabaseNumber", "Domicile", "Email", "Fax", "IBAN", "Name", "OrganizationNumber", "PG", "Phone1",
    "Phone2",
    "TaxEnabled", "VATNumber", "VisitAddress", "VisitCity", "VisitCountry", "VisitCountryCode", "VisitName",
    "VisitZipCode", "WWW", "ZipCode",
)  # fmt: skip


def get_company_information(request: ApiRequest) -> Response:
    settings = request.company.settings
    return json_response(
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


def get_company_settings(request: ApiRequest) -> Response:
    settings = request.company.settings
    shown = {key: settings.get(key, "") for key in SETTINGS_KEYS}
    shown["DatabaseNumber"] = str(settings["DatabaseNumber"])
    shown["TaxEnabled"] = settings.get("TaxEnabled", True)
    return json_response({"CompanySettings": shown})


def get_locked_period(request: ApiRequest) -> Response:
    return json_response({"LockedPeriod": {"EndDate": request.company.settings.get("locked_period")}})


def get_me(request: ApiRequest) -> Response:
    """Tell who authorized; a service account is nobody in particular."""
    user = request.installation.users().get(request.user or "", {})
    role = user.get("companies", {}).get(request.company.number, "admin")
    email = user.get("email", "")
    facts = {"Email": email, "Id": f"{zlib.crc32(email.encode())}", "Locale": "sv_SE"}
    wrapper = request.installation.switches["me_wrapper"]
    return json_response({wrapper: {**facts, "Name": user.get("name", "Servicekonto"), "SysAdmin": role == "admin"}})


ROUTES = [
    Route("GET", "/3/me", get_me, "profile"),
    Route("GET", "/3/companyinformation", get_company_information, "companyinformation"),
    Route("GET", "/3/settings/company", get_company_settings, "settings"),
    Route("GET", "/3/settings/lockedperiod", get_locked_period, "settings"),
]
