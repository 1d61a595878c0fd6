"""/3/labels: names that people put on documents."""

from typing import Any

from fortnox_sim.company import Company
from fortnox_sim.errors import INVENTED, WRONG_STRUCTURE, ApiError, not_found
from fortnox_sim.fields import Field, FieldTable
from fortnox_sim.json_format import Record, Response, json_response
from fortnox_sim.lists import ListRule, list_records
from fortnox_sim.router import ApiRequest, Route

FIELDS = FieldTable(Field("Id", "int", readonly=True), Field("Description", limit=25))


def read_labels(company: Company, sent: Any) -> list[Record]:
    """Read the labels of a document, each as `{"Id": 1}`."""
    if not isinstance(sent, list) or not all(isinstance(label, dict) for label in sent):
        raise ApiError(WRONG_STRUCTURE)
    found = [company.get("labels", str(label.get("Id"))) for label in sent]
    if None in found:
        raise ApiError(INVENTED["label_missing"])
    return [{"Id": label["Id"]} for label in found if label]


def find_label(company: Company, number: str) -> Record:
    record = company.get("labels", number)
    if record is None:
        raise not_found(INVENTED["label_missing"])
    return record


def put_label(request: ApiRequest, number: int) -> Record:
    """Keep a label under the description of the request, which no other may have."""
    description = FIELDS.read(request.read_object("Label"), request.company.switches).get("Description")
    if not description:
        raise ApiError((2000108, "Benämning måste anges"), "Description")
    others = request.company.table("labels").values()
    if any(other["Description"] == description and other["Id"] != number for other in others):
        raise ApiError(INVENTED["code_used"])
    return request.company.put("labels", str(number), {"Id": number, "Description": description})


def list_labels(request: ApiRequest) -> Response:
    return list_records(request.company, RULE, request.query)


def create_label(request: ApiRequest) -> Response:
    record = put_label(request, request.company.take_number("labels"))
    request.record_change("label.create", str(record["Id"]))
    return json_response({"Label": FIELDS.show(record)}, 201, Location="labels")


def update_label(request: ApiRequest) -> Response:
    record = put_label(request, find_label(request.company, request.args[0])["Id"])
    request.record_change("label.update", str(record["Id"]))
    return json_response({"Label": FIELDS.show(record)})


def delete_label(request: ApiRequest) -> Response:
    number = str(find_label(request.company, request.args[0])["Id"])
    request.company.remove("labels", number)
    request.record_change("label.delete", number)
    return Response(204)


RULE = ListRule(
    plural="Labels",
    table="labels",
    item=lambda _company, record: FIELDS.show(record),
    order=lambda record: record["Id"],
    paged=False,
)
ROUTES = [
    Route("GET", "/3/labels", list_labels, "settings"),
    Route("POST", "/3/labels", create_label, "settings"),
    Route("PUT", "/3/labels/{}", update_label, "settings"),
    Route("DELETE", "/3/labels/{}", delete_label, "settings"),
]
