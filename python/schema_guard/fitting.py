"""Whether one record becomes a row under a dataset's rules: the ACTIVE types, then the contract."""

from __future__ import annotations

from schema_guard.core.breach import breaches
from schema_guard.core.conform import misfits
from schema_guard.core.poison import ErrorType, PoisonError
from schema_guard.reading import Rules


def check_fit(value: dict[str, object], rules: Rules) -> None:
    """
    Accept a record that fits what the rules name.

    Raises:
        PoisonError: MISFIT; the message names the pointers, and the contract where that is what speaks.
    """
    if rules.fit is not None:
        _refuse("does not fit the schema", misfits(value, rules.fit, rules.pk_fields))
    if rules.contract is not None:
        _refuse("breaks the contract", breaches(value, rules.contract))


def _refuse(why: str, pointers: list[str]) -> None:
    if pointers:
        raise PoisonError(ErrorType.MISFIT, f"{why} at {', '.join(pointers)}")
