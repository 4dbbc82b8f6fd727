"""What both checks of sums share: parts that must make up the whole, to the 分."""

from decimal import Decimal

from forms.amounts import decimals_of, text_of, to_cents


def difference(total: Decimal | None, parts: tuple[Decimal | None, ...]) -> tuple[str, str, str] | None:
    """(sum of the parts, total, how far apart) as printed, or None if they agree or an amount is missing."""
    if total is None or any(part is None for part in parts):
        return None  # a missing amount is the finding of another check
    cents = sum(to_cents(part) for part in parts if part is not None)
    if cents == to_cents(total):
        return None
    decimals = max(decimals_of(value) for value in (total, *parts) if value is not None)
    off = abs(cents - to_cents(total))
    return (
        text_of(cents, decimals, grouped=True),
        text_of(to_cents(total), decimals, grouped=True),
        text_of(off, decimals, grouped=True),
    )
