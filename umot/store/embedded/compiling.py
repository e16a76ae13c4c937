"""Turn checked queries into tantivy's."""

from collections.abc import Callable
from typing import Any, Final

from tantivy import FieldType, Occur, Query

from umot.store.analysis import GAP, analyse
from umot.store.embedded.index import META, PRESENT, SORTED_ID, SearchIndex
from umot.store.nodes import Bool, Exists, Match, MatchAll, Node, Phrase, Range, Scalar, Terms


def compile_query(node: Node, index: SearchIndex) -> Any:
    """Return tantivy's query for the documents that match, the index's own meta document left out."""
    meta = Query.term_query(index.schema, META, 1)
    return Query.boolean_query([(Occur.Must, _compile(node, index)), (Occur.MustNot, meta)])


def is_scored(node: Node) -> bool:
    """Tell whether matching documents can differ in relevance."""
    if isinstance(node, Bool):
        return bool(node.should) or any(map(is_scored, node.must))
    return isinstance(node, Match | Phrase)


def _compile(node: Node, index: SearchIndex) -> Any:
    return _COMPILERS[type(node)](node, index)


def _match_all(_node: MatchAll, _index: SearchIndex) -> Any:
    return Query.all_query()


def _match(node: Match, index: SearchIndex) -> Any:
    words = [term for term in analyse(node.text, node.field.analyzer) if term != GAP]
    occur = Occur.Must if node.operator == "and" else Occur.Should
    clauses = [(occur, _word(index, node.field.name, term)) for term in dict.fromkeys(words)]
    return Query.boolean_query(clauses) if clauses else Query.empty_query()


def _phrase(node: Phrase, index: SearchIndex) -> Any:
    terms = analyse(node.text, node.field.analyzer)
    placed: list[str | tuple[int, str]] = [(place, term) for place, term in enumerate(terms) if term != GAP]
    if len(placed) < 2:
        return _match(Match(node.field, node.text), index)
    return Query.phrase_query(index.schema, node.field.name, placed)


def _word(index: SearchIndex, name: str, term: str) -> Any:
    return Query.term_query(index.schema, name, term)


def _terms(node: Terms, index: SearchIndex) -> Any:
    return _any_of(index, node.field.name, node.values)


def _any_of(index: SearchIndex, name: str, values: tuple[Scalar, ...]) -> Any:
    if not values:
        return Query.empty_query()
    if len(values) == 1:
        return Query.const_score_query(Query.term_query(index.schema, name, values[0]), 1.0)
    return Query.const_score_query(Query.term_set_query(index.schema, name, list(values)), 1.0)


def _range(node: Range, index: SearchIndex) -> Any:
    if node.low is None and node.high is None:
        return _exists(Exists(node.field), index)
    if node.field.name == "id":
        return Query.const_score_query(_id_range(node, index), 1.0)
    if node.field.type == "keyword":
        return _any_of(index, node.field.name, _words_between(node, index))
    return Query.const_score_query(_number_range(node, index), 1.0)


def _number_range(node: Range, index: SearchIndex) -> Any:
    kind = FieldType.Float if node.field.type == "float" else FieldType.Integer
    return Query.range_query(
        index.schema,
        node.field.name,
        kind,
        lower_bound=node.low,
        upper_bound=node.high,
        include_lower=node.with_low,
        include_upper=node.with_high,
    )


def _id_range(node: Range, index: SearchIndex) -> Any:
    """Compare ids as hexadecimal, whose order is the same and which tantivy's parser cannot misread."""
    low = "*" if node.low is None else str(node.low).encode().hex() or "0"
    high = "*" if node.high is None else str(node.high).encode().hex() or "0"
    opening, closing = "[" if node.with_low else "{", "]" if node.with_high else "}"
    return index.tantivy.parse_query(f"{SORTED_ID}:{opening}{low} TO {high}{closing}")


def _words_between(node: Range, index: SearchIndex) -> tuple[Scalar, ...]:
    """Return the indexed keywords between the bounds; tantivy has no range over text."""
    bounded = isinstance(node.low, str) and isinstance(node.high, str)
    prefix = _shared_start(str(node.low), str(node.high)) if bounded else ""
    words = (word for word, _ in index.searcher.terms_with_prefix(node.field.name, prefix))
    return tuple(word for word in words if _is_between(word, node))


def _shared_start(one: str, other: str) -> str:
    pairs = enumerate(zip(one, other, strict=False))
    return one[: next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))]


def _is_between(word: str, node: Range) -> bool:
    above = node.low is None or word > str(node.low) or (node.with_low and word == node.low)
    below = node.high is None or word < str(node.high) or (node.with_high and word == node.high)
    return above and below


def _exists(node: Exists, index: SearchIndex) -> Any:
    name = node.field.name
    found = Query.term_query(index.schema, PRESENT, name) if node.field.is_text else Query.exists_query(name)
    return Query.const_score_query(found, 1.0)


def _bool(node: Bool, index: SearchIndex) -> Any:
    clauses = [(Occur.Must, _compile(clause, index)) for clause in node.must]
    clauses += [(Occur.Must, _unscored(clause, index)) for clause in node.filter]
    clauses += [(Occur.MustNot, _compile(clause, index)) for clause in node.must_not]
    if node.should and node.minimum:
        clauses.append((Occur.Must, _at_least(node, index)))
    else:
        clauses += [(Occur.Should, _compile(clause, index)) for clause in node.should]
    if node.minimum > len(node.should):
        return Query.empty_query()
    if not (node.must or node.filter or (node.should and node.minimum)):
        clauses.append((Occur.Must, Query.const_score_query(Query.all_query(), 0.0)))
    return Query.boolean_query(clauses)


def _at_least(node: Bool, index: SearchIndex) -> Any:
    clauses = [(Occur.Should, _compile(clause, index)) for clause in node.should]
    return Query.boolean_query(clauses, minimum_number_should_match=node.minimum)


def _unscored(node: Node, index: SearchIndex) -> Any:
    return Query.const_score_query(_compile(node, index), 0.0)


_COMPILERS: Final[dict[type, Callable[[Any, SearchIndex], Any]]] = {
    MatchAll: _match_all,
    Match: _match,
    Phrase: _phrase,
    Terms: _terms,
    Range: _range,
    Exists: _exists,
    Bool: _bool,
}
