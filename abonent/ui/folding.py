"""What a template says the same way to everybody is computed once, when the template is compiled.

Jinja folds constants, but takes each call for a surprise. Here `_("Balance")`, `icon("phone", 18)`, `url("pay")` or
`profile.brand` become plain text of the page around them: a third of the rendering of the first screen was such calls.
"""

from typing import Any, cast

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer

# The names of the environment that may be folded; a template in which one of them is assigned keeps its own.
SAME_FOR_ALL = frozenset({"_", "icon", "url", "static", "language", "profile", "logo", "sandbox"})


class FoldingCodeGenerator(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        known = {name: self.environment.globals[name] for name in SAME_FOR_ALL - _assigned(node)}
        super().visit_Template(cast(nodes.Template, _Folder(known).visit(node)), frame)


def _assigned(template: nodes.Template) -> set[str]:
    """The names that a template gives a meaning of its own: by set, for, a macro, its arguments, an import."""
    names = {one.name for one in template.find_all(nodes.Name) if one.ctx != "load"}
    names |= {one.name for one in template.find_all(nodes.Macro)}
    names |= {one.target for one in template.find_all(nodes.Import)}
    imported = [one for each in template.find_all(nodes.FromImport) for one in each.names]
    return names | {one if isinstance(one, str) else one[1] for one in imported}


class _Folder(NodeTransformer):
    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        self.generic_visit(node)
        constant = all(isinstance(one, nodes.Const) for one in node.args)
        if not constant or node.kwargs or node.dyn_args or node.dyn_kwargs or not isinstance(node.node, nodes.Name):
            return node
        called = self.known.get(node.node.name)
        if called is None:
            return node
        try:
            value = called(*(cast(nodes.Const, one).value for one in node.args))
        except Exception:  # an address this installation lacks, in a branch it never takes: if it does, it fails then
            return node
        return nodes.Const(value, lineno=node.lineno)

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        return self._text(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        return self._text(node)

    def _text(self, node: nodes.Name | nodes.Getattr) -> nodes.Node:
        """A text or a flag of the environment's; anything else stays as it is."""
        path: list[str] = []
        inner: nodes.Node = node
        while isinstance(inner, nodes.Getattr):
            path.append(inner.attr)
            inner = inner.node
        if not isinstance(inner, nodes.Name) or inner.name not in self.known:
            self.generic_visit(node)
            return node
        value = self.known[inner.name]
        for attribute in reversed(path):
            value = getattr(value, attribute)
        return nodes.Const(value, lineno=node.lineno) if isinstance(value, str | bool) else node
