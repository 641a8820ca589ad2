"""The admin site of the portal."""

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from unfold.sites import UnfoldAdminSite

from rollout_portal.console import frame, navigation

LONGEST_TERM = 80


class ConsoleSite(UnfoldAdminSite):
    """The operations console: raw models live below /console/data/, pages of ours below /console/."""

    index_title = gettext_lazy("All data")

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever may open the console may come in; each model's page asks for a right of its own."""
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Any:
        """Let nobody in by a method that no page of the site has: the stock views take any for a GET."""
        return super().admin_view(require_http_methods(["GET", "HEAD", "POST"])(view), cacheable)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Answer the palette. Unlike the theme's search nothing is cached: rights may have changed."""
        frame.of(request, request.GET.get("rollout", ""))
        term = request.GET.get("s", "").strip()[:LONGEST_TERM]
        found = navigation.palette(request, term) if term else []
        return render(request, "console/_palette.html", {"found": found, "term": term})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people to the portal's own sign-in, with its second factor and its limits."""
        answer: HttpResponse = _portal_login(request)
        return answer


@secure_admin_login
def _portal_login(request: HttpRequest) -> HttpResponse:
    """Reached only by somebody who is signed in and may not open the console."""
    return render(request, "403.html", status=403)
