"""The clients of a firm, and the files that they are imported from."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from uku.clients import names, normalization
from uku.clients.matching import ContactDetails, match_keys, normalise_number
from uku.kit.identifiers import masked, masked_vat
from uku.kit.scoping import ScopedManager, ScopedQuerySet, TenantModel, current_workspace_id
from uku.workspaces.models import User

NUMBER_WITH_BLANKS = re.compile(r"[+\d][\d\s()-]+")
SHORTEST_PHONE = 4  # digits that are looked for among phones
_FEW_KEYS = 20
_SHARING = "EXISTS (SELECT FROM unnest(uku_client.match_keys) AS each (match_key) WHERE match_key = ANY(%s::bigint[]))"


class VatType(models.TextChoices):
    """How sales to a client are taxed."""

    DOMESTIC = "domestic", _("VAT in Sweden")
    REVERSE_CHARGE = "reverse_charge", _("Reverse charge in Sweden")
    EU_REVERSE_CHARGE = "eu_reverse_charge", _("Reverse charge within the EU")
    EU_VAT = "eu_vat", _("VAT on sales within the EU")
    EXPORT = "export", _("Export outside the EU")


class ClientQuerySet(ScopedQuerySet["Client"]):
    def current(self) -> ClientQuerySet:
        return self.filter(archived_at=None)

    def sharing(self, keys: Collection[int]) -> ClientQuerySet:
        """Find those that share a key with what is looked for: all that matching could find, and few more.

        An index finds few keys. With many, PostgreSQL would compare each client's keys with all of them; it hashes them
        when they are looked up one by one. No join, whose plan would depend on statistics that a large import is
        ahead of.
        """
        if len(keys) <= _FEW_KEYS:
            return self.filter(match_keys__overlap=list(keys))
        share_one = RawSQL(_SHARING, [list(keys)], output_field=models.BooleanField())  # noqa: S611  # of integers
        return self.filter(share_one)

    def search(self, words: str) -> ClientQuerySet:
        """Find by name, e-mail, organisation number, city or phone; every word must occur, signs between them not.

        Numbers are stored as they came, with a hyphen or without; people type either, with a century or without. A
        phone is found with its country's code or without.
        """
        found = self.alias(city_search=without_accents("city"), phone_search=_digits_of("phone"))
        parts = [re.sub(r"\s", "", words)] if NUMBER_WITH_BLANKS.fullmatch(words) else words.split()
        for word in [part for part in parts if any(map(str.isalnum, part))] or parts:
            matches = models.Q(email__icontains=word) | models.Q(city_search__contains=names.fold_accents(word))
            if name := names.for_search(word):
                matches |= models.Q(name_search__contains=name)
            digits = normalise_number(word).removeprefix("FI") or word.replace("-", "")
            if digits.isdecimal():
                for form in (digits, f"{digits[:6]}-{digits[6:]}", f"{digits[:7]}-{digits[7:]}"):
                    matches |= models.Q(organisation_number__contains=form.rstrip("-"))
            if len(phone := re.sub(r"\D", "", word.removeprefix("+46")).lstrip("0")) >= SHORTEST_PHONE:
                matches |= models.Q(phone_search__contains=phone)
            found = found.filter(matches)
        return found


def without_accents(column: str) -> Func:
    """Return a column in small letters without their accents, so that `bjork` finds Björk."""
    accented, plain = (models.Value(letters) for letters in names.accented_letters())
    return Func(Lower(column), accented, plain, function="TRANSLATE", output_field=models.TextField())


def _digits_of(column: str) -> Func:
    patterns = (models.Value(text) for text in (r"\D", "", "g"))
    return Func(models.F(column), *patterns, function="REGEXP_REPLACE", output_field=models.TextField())


class ClientManager(ScopedManager["Client"]):
    def get_queryset(self) -> ClientQuerySet:
        return ClientQuerySet(self.model, using=self._db).filter(workspace_id=current_workspace_id())

    def current(self) -> ClientQuerySet:
        return self.get_queryset().current()


class Client(TenantModel):
    """Contact details as the firm sees them.

    Fields that a person typed, imported from a file or emptied stand in `edited_fields`: no import changes those.
    """

    name = models.CharField(max_length=1024)
    name_sort = models.CharField(max_length=400, editable=False)
    name_search = models.CharField(max_length=400, editable=False)
    organisation_number = models.CharField(max_length=20, blank=True)
    vat_number = models.CharField(max_length=30, blank=True)
    email = models.CharField(max_length=1024, blank=True)
    phone = models.CharField(max_length=1024, blank=True)
    address1 = models.CharField(max_length=1024, blank=True)
    address2 = models.CharField(max_length=1024, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=1024, blank=True)
    country = models.CharField(max_length=2, blank=True)
    currency = models.CharField(max_length=3, default="SEK")
    payment_days = models.PositiveSmallIntegerField(null=True, help_text="null: the company's own terms")
    vat_type = models.CharField(max_length=20, choices=VatType, blank=True, default="", db_default="")
    language = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        help_text="of invoices and e-mail; empty: the country's",
    )
    is_person = models.BooleanField(
        default=False, db_default=False, help_text="a private person, whose number is masked"
    )
    match_keys = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=models.Value([], ArrayField(models.BigIntegerField())),
        editable=False,
        help_text="what matching looks a client up by, hashed",
    )
    default_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    edited_fields = models.JSONField(default=list)
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="grows with every change")
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", help_text="empty: Uku, by an import"
    )

    objects: ClassVar[ClientManager] = ClientManager()

    class Meta:
        app_label = "uku"
        base_manager_name = "everywhere"
        indexes = (
            models.Index(fields=["workspace", "name_sort", "id"], name="uku_client_by_name"),
            models.Index(fields=["workspace", "organisation_number"], name="uku_client_by_number"),
            GinIndex(fields=["match_keys"], name="uku_client_by_match_key"),
        )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.derive()
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "name_sort", "name_search", "match_keys"}
        super().save(*args, **kwargs)

    def derive(self) -> None:
        """Set what follows from the other fields; for rows that are stored many at once."""
        self.name_sort, self.name_search = names.for_sorting(self.name), names.for_search(self.name)
        self.match_keys = match_keys(self.workspace_id, self.details)

    @property
    def shown_number(self) -> str:
        """The organisation number for lists: a person's is masked."""
        return masked(self.organisation_number, person=self.is_person, country=self.country)

    @property
    def shown_vat_number(self) -> str:
        """The VAT number; one that is made of a personal number is masked (S52)."""
        return masked_vat(self.vat_number, person=self.is_person, country=self.country)

    @property
    def hides_number(self) -> bool:
        """Say whether a number is shown masked, so that there is more to see for who may."""
        return "*" in self.shown_number or "*" in self.shown_vat_number

    @property
    def details(self) -> ContactDetails:
        return ContactDetails(
            key=str(self.pk),
            name=self.name,
            organisation_number=self.organisation_number,
            email=self.email,
            postcode=self.postcode,
            vat_number=self.vat_number,
            phone=self.phone,
            country=self.country,
        )


class ImportState(models.TextChoices):
    """How far an import file is."""

    READING = "reading", _("Being read")
    UNREADABLE = "unreadable", _("Cannot be read")
    WAITING = "waiting", _("Needs a decision")
    IMPORTING = "importing", _("Being imported")
    IMPORTED = "imported", _("Imported")


class HiddenRows(models.TextChoices):
    """What a person said of the rows that a filter of the spreadsheet hides."""

    UNDECIDED = "", _("Not decided")
    SKIP = "skip", _("Skip")
    IMPORT = "import", _("Import")


class ImportFile(TenantModel):
    """A file of clients that somebody uploaded, until it is imported or deleted (B20).

    `columns` says which field each column of the file fills; nothing of it is a client before a person confirms.
    """

    name = models.CharField(max_length=200)
    state = models.CharField(
        max_length=10, choices=ImportState, default=ImportState.READING, db_default=ImportState.READING
    )
    workbook = models.BinaryField(
        default=b"", db_default=models.Value(b"", models.BinaryField()), help_text="of which another sheet can be read"
    )
    content = models.BinaryField(help_text="a text as it came, or the rows of a sheet; empty: to be read")
    encoding = models.CharField(max_length=20, blank=True, help_text="of a text file; empty: to be found")
    delimiter = models.CharField(max_length=1, blank=True)
    sheets: models.JSONField[list[str]] = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), help_text="names of those that a person sees"
    )
    sheet = models.PositiveIntegerField(default=0, db_default=0)
    heading_row = models.PositiveIntegerField(default=0, db_default=0, help_text="as numbered; 0: to be found")
    columns: models.JSONField[list[str]] = models.JSONField(default=list, help_text="empty: to be recognised")
    skipped = models.BinaryField(
        default=b"",
        db_default=models.Value(b"", models.BinaryField()),
        help_text="headings and the rows that are left out, as CSV",
    )
    hidden_rows = models.PositiveIntegerField(default=0, db_default=0, help_text="that a filter hides")
    hidden_choice = models.CharField(max_length=10, choices=HiddenRows, blank=True, default="", db_default="")
    with_sum_line = models.BooleanField(default=False, db_default=False)
    failure = models.CharField(
        max_length=30, blank=True, default="", db_default="", help_text="name of the FileReason why it is unreadable"
    )
    failed_at_row = models.PositiveIntegerField(default=0, db_default=0)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    preview: models.JSONField[dict[str, Any] | None] = models.JSONField(
        null=True, help_text="of a large or a confirmed file: what its page shows, and what each row does"
    )
    previewed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    rows = models.PositiveIntegerField(default=0, db_default=0, help_text="below the headings, that are read")
    place = models.PositiveIntegerField(default=0, db_default=0, help_text="how many of them are compared or imported")
    new = models.PositiveIntegerField(default=0, db_default=0)
    changed = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveIntegerField(default=0, db_default=0)
    imported_at = models.DateTimeField(null=True, db_column="taken_in_at")

    class Meta:
        app_label = "uku"
        db_table = "uku_clientsheet"
        base_manager_name = "everywhere"

    def __str__(self) -> str:
        return self.name

    @property
    def unchanged(self) -> int:
        return self.rows - self.new - self.changed - self.refused

    @property
    def is_decided(self) -> bool:
        """Say whether somebody has confirmed the file."""
        return self.state in {ImportState.IMPORTING, ImportState.IMPORTED}


def is_same_value(client: Client, field: str, value: object) -> bool:
    """Say whether a field has this value already, however it is written: `222 33` is 22233."""
    ours = getattr(client, field)
    if ours == value:
        return True
    return bool(
        normalization.comparable(field, ours, client.country) == normalization.comparable(field, value, client.country)
    )
