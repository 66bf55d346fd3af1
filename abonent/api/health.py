"""Is the process alive (`/healthz`), and may it be given traffic (`/readyz`)?"""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout

_migrated = False  # a database once found migrated stays so for this process


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and stands at this version; else 503 with what is missing."""
    try:
        problem = _problem()
    except (DatabaseError, PoolTimeout):
        problem = "the database does not answer"
    if problem:
        return JsonResponse({"ready": False, "problem": problem}, status=503)
    return JsonResponse({"ready": True})


def _problem() -> str:
    global _migrated
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are missing: run `abonent migrate`"
        _migrated = True
    return ""
