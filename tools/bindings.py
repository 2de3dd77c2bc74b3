"""A text of Python as a tree, and what the names in it stand for: for the tools that read code and run none of it."""

import ast


class Source:
    """A file's code as one tree. text: its code; starts: [(line, place)] of its parts, in order, the first at line 1."""

    def __init__(self, text, starts):
        self.tree, self.starts = ast.parse(text), starts
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.made = {}  # name -> the expressions that it is given, wherever
        self.temporary = set()
        for node in ast.walk(self.tree):
            for name, value in _bindings(node):
                self.made.setdefault(name, []).append(value)
                if "tempfile" in words_in(value):
                    self.temporary.add(name)

    def place(self, line):
        """(place, line there) of a line of the whole."""
        start, place = [part for part in self.starts if part[0] <= line][-1]
        return place, line - start + 1

    def above(self, node):
        """The nodes around `node`, from within, each with the child that `node` is in."""
        while node in self.parents:
            parent = self.parents[node]
            yield parent, node
            node = parent

    def function(self, node):
        """The outermost function that `node` is in, or None."""
        found = [parent for parent, _ in self.above(node) if isinstance(parent, ast.FunctionDef)]
        return found[-1] if found else None

    def leads_to(self, value, words):
        """Whether one of `words` stands in an expression, or in what one of its names is given, and so on."""
        waiting, seen = [value], set()
        while waiting:
            named = words_in(waiting.pop())
            if named & words:
                return True
            for name in named - seen:
                waiting += self.made.get(name, ())
            seen |= named
        return False


def words_in(node):
    """The names and attributes in an expression."""
    return {
        n.id if isinstance(n, ast.Name) else n.attr for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute)
    }


def _bindings(node):
    """(name, expression) of what a statement gives to names; to a function's name it gives what the function returns."""
    pairs = []
    if isinstance(node, ast.FunctionDef):
        returned = [other.value for other in ast.walk(node) if isinstance(other, ast.Return) and other.value]
        yield from ((node.name, value) for value in returned)
    elif isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.For | ast.comprehension):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, ast.withitem) and node.optional_vars:
        pairs = [(node.optional_vars, node.context_expr)]
    elif isinstance(node, ast.NamedExpr):
        pairs = [(node.target, node.value)]
    for target, value in pairs:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            pairs_of = zip(target.elts, value.elts, strict=True)
        else:
            pairs_of = [(target, value)]
        for part, given in pairs_of:
            for name in ast.walk(part):
                if isinstance(name, ast.Name):
                    yield name.id, given
