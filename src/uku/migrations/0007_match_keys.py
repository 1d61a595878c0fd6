"""Clients that were stored before get the keys that matching looks them up by."""

from django.db import migrations


def fill(apps, schema_editor):  # noqa: ARG001  # Django calls it with both
    from uku.clients.matching import ContactDetails, match_keys

    clients = apps.get_model("uku", "Client").everywhere
    chunk = []
    for client in clients.order_by("pk").iterator(chunk_size=500):
        details = ContactDetails(
            key=str(client.pk),
            name=client.name,
            organisation_number=client.organisation_number,
            email=client.email,
            postcode=client.postcode,
            vat_number=client.vat_number,
            phone=client.phone,
            country=client.country,
        )
        client.match_keys = match_keys(client.workspace_id, details)
        chunk.append(client)
        if len(chunk) == 500:
            clients.bulk_update(chunk, ["match_keys"])
            chunk = []
    clients.bulk_update(chunk, ["match_keys"])


class Migration(migrations.Migration):
    dependencies = [("uku", "0006_clients_products_and_sheets")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
