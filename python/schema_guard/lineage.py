"""
Which columns of a model come from which columns of what it reads: one model's compiled SQL at a time.

Names are resolved by sqlglot against the columns its inputs have: `select *`, CTEs and aliases are
followed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import TokenType, exp, parse_one, tokenize
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

DIALECT = "spark"
#: What a silver macro writes into its SQL: the dataset whose payload the subquery reads.
_WINDOW_NOTE = re.compile(r'/\* tidegate \{[^}]*"dataset": "([a-z0-9_]+)"[^}]*\} \*/')
#: Stands for a macro's subquery in the simplified SQL: schema `payload`, table the dataset.
PAYLOAD = "payload"

#: Relation, `schema.table` -> its columns in order.
Relations = Mapping[str, tuple[str, ...]]
#: Relation -> those of its columns that a change reaches.
Reached = Mapping[str, frozenset[str]]


class LineageError(Exception):
    """A model's SQL cannot be followed; what it reads is not known."""


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What a model makes of columns that a change reaches.

    Attributes:
        columns: The model's own columns that are made of them, in its order.
        in_conditions: Whether a filter, join, grouping or order reads them besides.
        output: All of the model's columns, in order.
    """

    columns: tuple[str, ...]
    in_conditions: bool
    output: tuple[str, ...]

    @property
    def is_any(self) -> bool:
        """Whether the model reads them at all."""
        return bool(self.columns) or self.in_conditions


def read(sql: str, relations: Relations, reached: Reached) -> Reading:
    """
    Return what a model makes of the reached columns.

    Args:
        sql: Compiled SQL of one model.
        relations: Columns of everything it reads; of silver macros under `payload.<dataset>`.
        reached: The columns that a change reaches.

    Raises:
        LineageError: The SQL cannot be parsed, or its columns cannot be resolved.
    """
    try:
        tree = parse_one(simplified(sql), dialect=DIALECT)
        whole = qualify(
            tree,
            dialect=DIALECT,
            schema=_nested(relations),
            validate_qualify_columns=False,
            quote_identifiers=False,
        )
        scopes = traverse_scope(whole)
    except SqlglotError as error:
        raise LineageError(str(error).splitlines()[0]) from error
    if not scopes:
        raise LineageError("no query was found")
    return _walk(scopes, reached)


def simplified(sql: str) -> str:
    """
    Return the SQL with every silver macro's subquery replaced by the relation it stands for.

    >>> simplified('select id from ( /* tidegate {"dataset": "orders"} */ select 1)')
    'select id from payload.orders'
    """
    while note := _WINDOW_NOTE.search(sql):
        begin, end = _parentheses(sql, note.start())
        sql = f"{sql[:begin]}{PAYLOAD}.{note[1]}{sql[end:]}"
    return sql


def _parentheses(sql: str, inside: int) -> tuple[int, int]:
    """Return where the parentheses around a place begin and end; brackets in texts do not count."""
    try:
        tokens = tokenize(sql, read=DIALECT)
    except SqlglotError as error:
        raise LineageError(str(error).splitlines()[0]) from error
    opened: list[int] = []
    around: int | None = None
    for token in tokens:
        if token.start > inside and around is None:
            if not opened:
                break
            around = len(opened)
        if token.token_type is TokenType.L_PAREN:
            opened.append(token.start)
        elif token.token_type is TokenType.R_PAREN and opened:
            begin = opened.pop()
            if around is not None and len(opened) < around:
                return begin, token.end + 1
    raise LineageError("a silver macro stands outside of parentheses")


def _nested(relations: Relations) -> dict[str, object]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for relation, columns in relations.items():
        schema, _, table = relation.rpartition(".")
        # Types do not matter for names.
        found.setdefault(schema, {})[table] = dict.fromkeys(columns, "string")
    return dict(found)


def _walk(scopes: list[Scope], reached: Reached) -> Reading:
    """Follow reached columns from the innermost query outwards."""
    known: dict[int, frozenset[str]] = {}
    in_conditions = False
    for scope in scopes:
        made: list[str] = []
        for position, projection in enumerate(_projections(scope.expression)):
            if _touches(projection, scope, known, reached):
                made.append(_name(scope.expression, position))
        known[id(scope.expression)] = frozenset(made)
        in_conditions = in_conditions or _conditions_touch(scope, known, reached)
    last = scopes[-1].expression
    output = tuple(_name(last, position) for position in range(len(_projections(last))))
    return Reading(
        columns=tuple(name for name in output if name in known[id(last)]),
        in_conditions=in_conditions,
        output=output,
    )


def _projections(query: exp.Expr) -> list[exp.Expr]:
    return list(query.selects) if isinstance(query, exp.Query) else []


def _name(query: exp.Expr, position: int) -> str:
    names = query.named_selects if isinstance(query, exp.Query) else []
    return names[position] if position < len(names) else ""


def _touches(
    part: exp.Expr, scope: Scope, known: Mapping[int, frozenset[str]], reached: Reached
) -> bool:
    """Return whether a part of a query reads a reached column of one of its sources."""
    if isinstance(scope.expression, exp.SetOperation):
        position = _projections(scope.expression).index(part)
        branches = (scope.expression.left, scope.expression.right)
        return any(_branch_touches(branch.unnest(), position, known) for branch in branches)
    if isinstance(part, exp.Star) or (isinstance(part, exp.Column) and isinstance(part.this, exp.Star)):
        return any(_reached_in(source, known, reached) for source in scope.sources.values())
    columns = list(part.find_all(exp.Column))
    return any(_is_reached(column, scope, known, reached) for column in columns)


def _branch_touches(branch: exp.Expr, position: int, known: Mapping[int, frozenset[str]]) -> bool:
    return _name(branch, position) in known.get(id(branch), frozenset())


def _is_reached(
    column: exp.Column, scope: Scope, known: Mapping[int, frozenset[str]], reached: Reached
) -> bool:
    sources = [scope.sources[column.table]] if column.table in scope.sources else scope.sources.values()
    names = {column.name.lower()}
    # A path into a struct, `r.parsed.zip`, reads its first part; an unresolved name is looked for everywhere.
    if column.table and column.table not in scope.sources:
        names.add(column.table.lower())
    return any(names & {n.lower() for n in _reached_in(source, known, reached)} for source in sources)


def _reached_in(
    source: exp.Table | Scope, known: Mapping[int, frozenset[str]], reached: Reached
) -> frozenset[str]:
    if isinstance(source, Scope):
        return known.get(id(source.expression), frozenset())
    return reached.get(f"{source.db}.{source.name}", frozenset())


def _conditions_touch(scope: Scope, known: Mapping[int, frozenset[str]], reached: Reached) -> bool:
    query = scope.expression
    if not isinstance(query, exp.Select):
        return False
    parts = [query.args.get(name) for name in ("where", "group", "having", "order", "qualify")]
    parts += [join.args.get("on") for join in query.args.get("joins") or []]
    parts += [join.args.get("using") for join in query.args.get("joins") or []]
    found = [part for part in parts if isinstance(part, exp.Expr)]
    return any(_touches(part, scope, known, reached) for part in found)
