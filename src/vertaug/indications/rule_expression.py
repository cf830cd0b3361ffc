"""The language of the rules: a small part of Python's boolean expressions, with three values.

A fact that is unknown makes what asks for it unknown, never false (Kleene; clinical reference 1.6).
Allowed: ``and``, ``or``, ``not``; one comparison of a fact with a number, a word, True, False or a
parameter ``P.name``; ``fact in [...]``; ``count(part, ...) >= k``; a yes-no fact by its name.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne

from vertaug.case.errors import InputError
from vertaug.indications.fact import FactKind, FactValue
from vertaug.indications.patient_facts import PatientFacts, define_fact

Truth = bool | None
"""True, false, or unknown (None)."""

_OPERATORS: Mapping[type[ast.cmpop], tuple[str, Callable[..., bool]]] = {
    ast.Eq: ("==", eq),
    ast.NotEq: ("!=", ne),
    ast.Lt: ("<", lt),
    ast.LtE: ("<=", le),
    ast.Gt: (">", gt),
    ast.GtE: (">=", ge),
}
_LONGEST = 2000
_ALLOWED = (
    "allowed are and, or, not, one comparison of a fact, 'in' with a list, count(...) >= k, "
    "P.parameter and the names of facts"
)


@dataclass(frozen=True, slots=True)
class FactTest:
    """A yes-no fact by its name."""

    text: str
    fact: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A fact against a constant, or a parameter by name."""

    text: str
    fact: str
    sign: str
    constant: FactValue | None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A fact in a list of constants."""

    text: str
    fact: str
    constants: tuple[FactValue, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """``not part``."""

    text: str
    part: "Expression"


@dataclass(frozen=True, slots=True)
class Junction:
    """``and`` (``every``) or ``or`` of parts."""

    text: str
    parts: tuple["Expression", ...]
    every: bool


@dataclass(frozen=True, slots=True)
class Count:
    """``count(parts) >= least``."""

    text: str
    parts: tuple["Expression", ...]
    least: int


Leaf = FactTest | Comparison | Membership
"""What asks for one fact."""
Expression = FactTest | Comparison | Membership | Negation | Junction | Count


def parse_expression(text: str) -> Expression:
    """Return the expression of a text.

    Raises
    ------
    InputError
        If it holds anything else than the language of the rules, an unknown fact, or a fact
        compared with a value of another kind.
    """
    if len(text) > _LONGEST:
        message = f"an expression of {len(text)} characters is too long; {_LONGEST} are allowed"
        raise InputError(message)
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return _parse(tree.body)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        message = f"'{text}' cannot be read as an expression: {error}; {_ALLOWED}"
        raise InputError(message) from error


def _refuse(node: ast.AST, why: str = "is not part of the language of the rules") -> InputError:
    return InputError(f"'{ast.unparse(node)}' {why}; {_ALLOWED}")


def _parse(node: ast.expr) -> Expression:
    text = ast.unparse(node)
    match node:
        case ast.BoolOp(op=op, values=values):
            parts = tuple(_parse(value) for value in values)
            return Junction(text, parts, isinstance(op, ast.And))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Negation(text, _parse(operand))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _parse_comparison(node, left, op, right)
        case ast.Compare():
            raise _refuse(node, "has more than one comparison")
        case ast.Name() | ast.Attribute():
            name = _fact_name(node)
            if define_fact(name).kind is not FactKind.BOOL:
                raise _refuse(node, "is not a yes-no fact: compare it with something")
            return FactTest(text, name)
    raise _refuse(node)


def _parse_comparison(node: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Expression:
    text = ast.unparse(node)
    if isinstance(left, ast.Call):
        return _parse_count(node, left, op, right)
    name = _fact_name(left)
    if isinstance(op, ast.In):
        if not isinstance(right, ast.List | ast.Tuple) or not right.elts:
            raise _refuse(node, "needs a list after 'in'")
        constants = tuple(_constant(item) for item in right.elts)
        for constant in constants:
            _check_kind(node, name, constant, ordered=False)
        return Membership(text, name, constants)
    if type(op) not in _OPERATORS:
        raise _refuse(node)
    sign = _OPERATORS[type(op)][0]
    match right:
        case ast.Attribute(value=ast.Name(id="P"), attr=parameter):
            if define_fact(name).kind is not FactKind.NUMBER:
                raise _refuse(node, f"compares {name}, which is not a number, with a parameter")
            return Comparison(text, name, sign, None, parameter)
    constant = _constant(right)
    _check_kind(node, name, constant, ordered=sign not in {"==", "!="})
    return Comparison(text, name, sign, constant)


def _parse_count(node: ast.expr, call: ast.Call, op: ast.cmpop, right: ast.expr) -> Count:
    named = isinstance(call.func, ast.Name) and call.func.id == "count"
    if not named or call.keywords or not call.args:
        raise _refuse(call)
    least = right.value if isinstance(right, ast.Constant) else None
    if not isinstance(least, int) or isinstance(least, bool):
        least = 0
    if not isinstance(op, ast.GtE) or not 1 <= least <= len(call.args):
        why = f"needs >= and a number from 1 to {len(call.args)} after count(...)"
        raise _refuse(node, why)
    return Count(ast.unparse(node), tuple(_parse(part) for part in call.args), least)


def _fact_name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value=ast.Name(id=group), attr=name):
            if group == "P":
                raise _refuse(node, "is a parameter: put it on the right of a comparison")
            found = f"{group}.{name}"
        case ast.Name(id=found):
            pass
        case _:
            raise _refuse(node, "is not the name of a fact")
    return define_fact(found).name


def _constant(node: ast.expr) -> FactValue:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if _is_number(value):
            return -float(value)  # type: ignore[arg-type]
        case ast.Constant(value=bool() as value):
            return value
        case ast.Constant(value=str() as value):
            return value
        case ast.Constant(value=value) if _is_number(value):
            return float(value)  # type: ignore[arg-type]
    raise _refuse(node, "is not a number, a word in quotes, True or False")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_kind(node: ast.expr, name: str, constant: FactValue, *, ordered: bool) -> None:
    definition = define_fact(name)
    expected = {FactKind.BOOL: bool, FactKind.CHOICE: str, FactKind.NUMBER: float}
    if not isinstance(constant, expected[definition.kind]):
        raise _refuse(node, f"compares {name}, a {definition.kind}, with {constant!r}")
    if ordered and definition.kind is not FactKind.NUMBER:
        raise _refuse(node, f"asks for an order of {name}, which is not a number")
    if definition.choices and constant not in definition.choices:
        choices = ", ".join(definition.choices)
        raise _refuse(node, f"asks for {constant!r}, which {name} never is ({choices})")


def evaluate(expression: Expression, facts: PatientFacts, parameters: Mapping[str, float]) -> Truth:
    """Return whether an expression holds; None where the facts do not say."""
    match expression:
        case Negation(part=part):
            truth = evaluate(part, facts, parameters)
            return None if truth is None else not truth
        case Junction(parts=parts, every=every):
            return _join([evaluate(part, facts, parameters) for part in parts], every=every)
        case Count(parts=parts, least=least):
            return _count([evaluate(part, facts, parameters) for part in parts], least)
    value = facts.value(expression.fact)
    return None if value is None else _test(expression, value, parameters)


def _test(leaf: "Leaf", value: FactValue, parameters: Mapping[str, float]) -> bool:
    match leaf:
        case FactTest():
            return bool(value)
        case Membership(constants=constants):
            return value in constants
    return _SIGNS[leaf.sign](value, _bound(leaf, parameters))


_SIGNS = dict(_OPERATORS.values())


def _bound(comparison: Comparison, parameters: Mapping[str, float]) -> FactValue:
    if comparison.parameter is not None:
        return parameters[comparison.parameter]
    assert comparison.constant is not None
    return comparison.constant


def _join(truths: list[Truth], *, every: bool) -> Truth:
    decisive = not every
    if decisive in truths:
        return decisive
    return None if None in truths else every


def _count(truths: list[Truth], least: int) -> Truth:
    true = truths.count(True)
    if true >= least:
        return True
    return None if true + truths.count(None) >= least else False


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all its parts, outermost first."""
    yield expression
    for part in parts_of(expression):
        yield from walk(part)


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct parts of an expression; none of one that asks for a fact."""
    match expression:
        case Negation(part=part):
            return (part,)
        case Junction(parts=parts) | Count(parts=parts):
            return parts
    return ()


def list_facts(expression: Expression) -> tuple[str, ...]:
    """Return the facts that an expression reads, each once, in its order."""
    read = [part.fact for part in walk(expression) if isinstance(part, _LEAVES)]
    return tuple(dict.fromkeys(read))


def list_parameters(expression: Expression) -> tuple[str, ...]:
    """Return the parameters that an expression reads."""
    read = (part.parameter for part in walk(expression) if isinstance(part, Comparison))
    return tuple(dict.fromkeys(name for name in read if name is not None))


_LEAVES = (FactTest, Comparison, Membership)


def list_open_facts(
    expression: Expression, facts: PatientFacts, parameters: Mapping[str, float]
) -> tuple[str, ...]:
    """Return the unknown facts that could decide an expression; none of a decided one.

    What stands in a part that is decided already, such as the other side of an ``and`` with a
    false part, is left out.
    """
    if evaluate(expression, facts, parameters) is not None:
        return ()
    if isinstance(expression, _LEAVES):
        return (expression.fact,)
    found = (list_open_facts(part, facts, parameters) for part in parts_of(expression))
    return tuple(dict.fromkeys(name for names in found for name in names))
