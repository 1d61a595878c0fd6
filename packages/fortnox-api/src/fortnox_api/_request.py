"""How a list is asked: names that are checked here, values as Fortnox spells them.

Source: fortnox.se/developer/guides-and-good-to-know/parameters.
"""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from fortnox_api._json import plain

SearchValue = str | int | Decimal | bool | date


def known(name: str, allowed: str) -> str:
    """Return Fortnox's spelling of a name (`from_date` is fromdate). Raises ValueError unless it is allowed.

    Fortnox may ignore a name that it does not know, and an ignored search returns everything.
    """
    plain_name = name.replace("_", "")
    if plain_name not in allowed.split():
        raise ValueError(f"{name!r} is none of: {allowed or 'nothing can be asked for here'}")
    return plain_name


def spelled(value: SearchValue) -> str:
    """Return a value as a query takes it. Raises ValueError for a time, where only dates make sense."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return plain(value)
        case datetime():
            raise ValueError("a date, not a time")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def stockholm(moment: datetime) -> str:
    """Write a time as Fortnox's clock shows it, cut to the minute, so never later than meant."""
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone")
    return moment.astimezone(ZoneInfo("Europe/Stockholm")).strftime("%Y-%m-%d %H:%M")
