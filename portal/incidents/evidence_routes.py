"""Packages of evidence for police: printed sheet, download and proof of custody. Each access is logged."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import FileResponse, HTMLResponse, Response

from pipelines.errors import UserError
from pipelines.evidence.keyring import utc_text
from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.container import MANIFEST_NAME, read_package
from pipelines.evidence.verifier.custody_check import ACTION_WORDS
from pipelines.evidence.verifier.strict_json import canonical, parse_canonical
from portal.auth.permissions import Police
from portal.dependencies import ServicesDep
from portal.head_requests import IS_HEAD
from portal.incidents.routes import IncidentDep
from portal.schemas import Problem

router = APIRouter(
    prefix="/api/incidents/{incident_id}",
    tags=["incidents"],
    responses={code: {"model": Problem} for code in (401, 403, 404)},
)

_PAGES = Environment(loader=PackageLoader("portal.incidents", "."), autoescape=True, undefined=StrictUndefined)
"""Templates of this folder."""


def _package(found: IncidentDep, services: ServicesDep) -> tuple[EvidenceStore, str]:
    """Return the store and the id of an incident's package. Raises 404 where there is none."""
    package_id, folder = found[0].incident_id, services.config.data_dir / "evidence"
    missing = HTTPException(status.HTTP_404_NOT_FOUND, "No evidence of this incident is stored.")
    if not folder.is_dir():
        raise missing
    store = EvidenceStore(folder)
    try:
        store.state_of(package_id)
    except UserError:
        raise missing from None
    return store, package_id


PackageDep = Annotated[tuple[EvidenceStore, str], Depends(_package)]


@router.get("/evidence.html", response_class=HTMLResponse)
def evidence_sheet(package: PackageDep, officer: Police) -> HTMLResponse:
    """Sheet to print, in Indonesian and the terms of SNI ISO/IEC 27037. The log of custody records the view."""
    store, package_id = package
    manifest = read_package(store.path_of(package_id)).files.get(MANIFEST_NAME)
    if manifest is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No evidence of this incident is stored.")
    store.act("viewed", package_id, actor=officer.name)
    content = _PAGES.get_template("evidence_sheet.html.j2").render(
        manifest=parse_canonical(bytes(manifest)),
        state=store.state_of(package_id),
        entries=store.log.entries(package_id),
        actions=ACTION_WORDS,
        printed_at=utc_text(datetime.now(UTC)),
        user=officer.name,
    )
    return HTMLResponse(content)


@router.get("/evidence.zip", response_class=Response)
def evidence_package(
    package: PackageDep,
    officer: Police,
    request: Request,
    reason: Annotated[str, Query(min_length=3, max_length=200, description="For the log of custody.")],
) -> FileResponse:
    """The signed package (docs/evidence.md). The log of custody records user, time and reason."""
    store, package_id = package
    path = store.path_of(package_id)
    try:
        if not request.scope.get(IS_HEAD):
            store.act("exported", package_id, actor=officer.name, reason=reason)
    except UserError:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "reason: give one line of text.") from None
    # The encoding keeps the middleware from compressing video.
    headers = {"Cache-Control": "private, no-store", "Content-Encoding": "identity"}
    return FileResponse(path, media_type="application/zip", filename=path.name, headers=headers)


@router.get("/custody.json", response_class=Response)
def custody(
    package: PackageDep,
    officer: Police,  # noqa: ARG001 (checks the role)
    since: Annotated[int | None, Query(ge=1, description="`size` in the checkpoint of a witness.")] = None,
) -> Response:
    """Proof of custody of the package."""
    store, package_id = package
    try:
        proof = store.log.prove(package_id, store.keyring, since=since)
    except UserError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, f"since: {error}.") from None
    return Response(canonical(proof), media_type="application/json")


@router.get("/keyring.json", response_class=Response)
def public_keys(package: PackageDep, officer: Police) -> Response:  # noqa: ARG001 (checks the role)
    """Public keys. Compare the id of the key with the operator by another way."""
    store, _ = package
    return Response(store.keyring.public_file.read_bytes(), media_type="application/json")
