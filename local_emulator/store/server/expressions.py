"""moto's expressions, made quick: an application has few of them, and sends each again and again.

What depends on an expression's text alone is done once for each text. As with `tuning`, the answers stay the same.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, cast

from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import TooManyClauses
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.validators import ActionCountValidator

_TEXTS = 1000
"""So many are remembered."""


def tune() -> None:
    """Installs everything here; once, before the first request."""
    # Whoever changes a tree copies it first.
    UpdateExpressionParser.make = staticmethod(lru_cache(_TEXTS)(UpdateExpressionParser.make))
    Node.__deepcopy__ = _copied
    DepthFirstTraverser.traverse = _traverse
    ActionCountValidator.traverse = _count_at_the_root(ActionCountValidator.traverse)
    ConditionExpressionParser._lex_condition_expression = _lex_once(
        ConditionExpressionParser._lex_condition_expression
    )


def _copied(node: Any, memo: dict[int, Any]) -> Any:
    """A tree is no graph: its nodes need not be looked for among those that were copied already."""
    made = object.__new__(type(node))
    vars(made).update(vars(node), parent=None)
    if node.children is not None:
        made.children = [copy.deepcopy(child, memo) for child in node.children]
        for child in made.children:
            if _is_a(child, (Node,)):
                child.parent = made
    return made


def _traverse(self: Any, root: Any) -> Any:
    """What is looked for is asked once, and not for each node."""
    wanted = self.nodes_to_be_processed()
    prepares = type(self).pre_processing_of_child is not DepthFirstTraverser.pre_processing_of_child

    def visit(node: Any, place: int) -> Any:
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            if prepares:
                self.pre_processing_of_child(node, number)
            if _is_a(child, (Node,)):
                visit(child, number)
        if _is_a(node, wanted):
            node = self.process(node)
            node.parent = parent
            if parent:
                parent.children[place] = node
        return node

    return visit(root, -1)


def _is_a(value: object, kinds: tuple[type, ...]) -> bool:
    # moto's kinds are abstract base classes, for which isinstance is a call into Python's own code.
    return _is_subclass(cast("Hashable", type(value)), kinds)


@lru_cache(_TEXTS)
def _is_subclass(kind: Any, kinds: tuple[type, ...]) -> bool:
    return issubclass(kind, kinds)


def _count_at_the_root(original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Where the whole has no clause twice, no part of it has."""

    def traverse(self: Any, root: Any) -> Any:
        try:
            return self.verify_action_counts(root)
        except TooManyClauses:
            return original(self, root)

    return traverse


def _lex_once(original: Callable[[Any], deque[Any]]) -> Callable[[Any], deque[Any]]:
    lexed: Callable[[str], tuple[Any, ...]] = lru_cache(_TEXTS)(
        lambda text: tuple(original(ConditionExpressionParser(text, None, None)))
    )
    return lambda parser: deque(lexed(parser.condition_expression))
