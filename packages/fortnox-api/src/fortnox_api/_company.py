"""The company behind a connection. Scope `companyinformation`. Source: a recorded response."""

from typing import ClassVar

from pydantic import Field

from fortnox_api._models import Key, Record, Text
from fortnox_api._request import Request, RequestKind
from fortnox_api._resource import Resource


class CompanyInformation(Record):
    """The company. `database_number` is the tenant id: one organisation number may have several databases."""

    shown: ClassVar = frozenset({"database_number"})

    database_number: Key
    name: Text = Field("", alias="CompanyName")
    organisation_number: Text = Field("", alias="OrganizationNumber")  # spelled with z here, with s on customers
    address: Text = ""
    zip_code: Text = ""
    city: Text = ""
    country_code: Text = ""


class Company(Resource):
    """`/3/companyinformation`."""

    def get(self) -> CompanyInformation:
        """Return the company of the connection."""
        request = Request(RequestKind.READ, "GET", "companyinformation")
        return self._read(request, "CompanyInformation", CompanyInformation)
