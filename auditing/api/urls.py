"""The REST API's root: one router a room."""

from ninja import NinjaAPI

api = NinjaAPI(title="Dokima", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
