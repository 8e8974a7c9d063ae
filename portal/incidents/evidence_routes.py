"""Packages of evidence for police: printed sheet, download and proof of custody. Each access is logged."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import FileResponse, HTMLResponse, Response

from pipelines.errors import UserError
from pipelines.evidence.keyring import utc_text
from pipelines.evidence.sealing import EvidenceStore
from pipelines.evidence.verifier.container import MANIFEST_NAME, read_package
from pipelines.evidence.verifier.custody_check import ACTION_WORDS
from pipelines.evidence.verifier.package_check import check_package
from pipelines.evidence.verifier.strict_json import canonical, parse_canonical
from portal.auth.permissions import Police
from portal.dependencies import ServicesDep
from portal.head_requests import IS_HEAD
from portal.incidents.evidence_words import indonesian
from portal.incidents.routes import IncidentDep
from portal.schemas import Problem

router = APIRouter(
    prefix="/api/incidents/{incident_id}",
    tags=["incidents"],
    responses={code: {"model": Problem} for code in (401, 403, 404)},
)

_PAGES = Environment(loader=PackageLoader("portal.incidents", "."), autoescape=True, undefined=StrictUndefined)
"""Templates of this folder."""

DAMAGED = (
    "Paket bukti ini rusak atau tidak sesuai dengan log; pulihkan berkasnya dari salinan. / This package of evidence is"
    " damaged or differs from the log; restore its file from a copy."
)
"""Answer instead of the sheet of a package that is not what was sealed."""

REASON_CHARACTERS = range(3, 201)
"""Length of a reason. [assumption]"""

_FORM = {
    "type": "object",
    "required": ["reason"],
    "properties": {
        "reason": {
            "type": "string",
            "minLength": REASON_CHARACTERS[0],
            "maxLength": REASON_CHARACTERS[-1],
            "description": "For the log of custody.",
        }
    },
}
"""Schema of the form of a download."""


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


async def _reason(request: Request) -> str:
    """Return the reason of a form. Raises 422 where it is none."""
    try:
        reason = parse_qs((await request.body()).decode(), errors="strict").get("reason", [""])[0].strip()
    except ValueError:
        reason = ""
    if len(reason) not in REASON_CHARACTERS:
        raise _no_reason()
    return reason


def _no_reason() -> HTTPException:
    return HTTPException(
        status.HTTP_422_UNPROCESSABLE_CONTENT,
        f"reason: give one line of {REASON_CHARACTERS[0]} to {REASON_CHARACTERS[-1]} characters, as a form.",
    )


PackageDep = Annotated[tuple[EvidenceStore, str], Depends(_package)]


def _stored(package: PackageDep) -> tuple[EvidenceStore, str]:
    """Return the same where its file is there. Raises 404."""
    store, package_id = package
    if not store.path_of(package_id).is_file():
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No evidence of this incident is stored.")
    return package


StoredDep = Annotated[tuple[EvidenceStore, str], Depends(_stored)]


@router.get("/evidence.html", response_class=HTMLResponse, responses={409: {"model": Problem}})
def evidence_sheet(package: StoredDep, officer: Police, request: Request) -> HTMLResponse:
    """Sheet to print, in Indonesian and the terms of SNI ISO/IEC 27037. The log of custody records the view."""
    store, package_id = package
    contents = read_package(store.path_of(package_id))
    sealed, findings = check_package(contents, None, package_id)
    state = store.state_of(package_id)
    is_damaged = any(finding.code != "no-key" for finding in findings)
    if is_damaged or sealed is None or sealed.manifest_sha256 != state.manifest_sha256:
        raise HTTPException(status.HTTP_409_CONFLICT, DAMAGED)
    if not request.scope.get(IS_HEAD):
        store.act("viewed", package_id, actor=officer.name)
    content = _PAGES.get_template("evidence_sheet.html.j2").render(
        manifest=parse_canonical(bytes(contents.files[MANIFEST_NAME])),
        state=state,
        entries=store.log.entries(package_id),
        actions=ACTION_WORDS,
        indonesian=indonesian,
        printed_at=utc_text(datetime.now(UTC)),
        user=officer.name,
    )
    return HTMLResponse(content)


@router.post(
    "/evidence.zip",
    response_class=Response,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": _FORM}}}
    },
)
def evidence_package(package: StoredDep, officer: Police, reason: Annotated[str, Depends(_reason)]) -> FileResponse:
    """The signed package (docs/evidence.md). The log of custody records user, time and reason."""
    store, package_id = package
    path = store.path_of(package_id)
    try:
        store.act("exported", package_id, actor=officer.name, reason=reason)
    except UserError:
        raise _no_reason() from None
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
