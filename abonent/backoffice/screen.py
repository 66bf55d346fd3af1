"""Render a page of the workplace: its template in the shell, with the menu of whoever looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render

from abonent.backoffice import menu
from abonent.identity import permissions
from abonent.ui import formats

if TYPE_CHECKING:
    from abonent.backoffice.gate import StaffRequest


def show(request: StaffRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """context: needs `here`, the name of the page's line in the menu ("": none).

    The template extends "backoffice/base.html" and also gets `places`, `granted` (permissions), `who`, `role`.
    """
    assert "here" in context, "the menu asks where we are"
    role = request.user.role
    shell = {
        "places": menu.of(request.granted),
        "granted": request.granted,
        "may_search": permissions.may(request.granted, permissions.VIEW_SUBSCRIBERS),
        "who": request.user.username,
        "role": "" if role is None else role.name_en if formats.language() == "en" else role.name_ru,
    }
    return render(request, template, shell | context, status=status)


def pdf(content: bytes, name: str) -> HttpResponse:
    """A paper, opened beside the page. name: of the file, in Latin letters, digits and dashes."""
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
