"""The manifest: signed, and naming every file there is. It guards against accidents; the proofs come after."""

from bidding.sealing.documents import decode
from bidding.sealing.signatures import verify_ed25519
from portal.evidence.layout import (
    BAG,
    FORMAT,
    KEYS_FORMAT,
    MANIFEST,
    NOT_ALWAYS,
    PATHS,
    PLATFORM_KEYS,
    RECEIPTS,
    SCENARIO,
    Manifest,
    PlatformKeys,
    kinds_of,
    sound_path,
)
from portal.verify.folder import Folder
from portal.verify.report import Report


def read_manifest(folder: Folder, report: Report) -> Manifest | None:
    """The manifest if it can be read at all; whether its files are as it says is reported."""
    manifest: Manifest | None = None
    with report.check("manifest.form", otherwise="manifest.form") as facts:
        manifest = decode(folder.read(MANIFEST), Manifest, "manifest.form")
        facts["lot"] = manifest.lot
        if (manifest.format, manifest.scenario) != (FORMAT, SCENARIO):
            report.failed("manifest.form", detail=f"{manifest.format} {manifest.scenario}")
        told = {kind: path for kind, path in manifest.files.items() if (kind, path) != ("bag", BAG)}
        if told != kinds_of(manifest.sha256) or not all(map(sound_path, manifest.sha256)):
            report.failed("manifest.form", detail="files")
        for kind in PATHS.keys() - manifest.files.keys() - set(NOT_ALWAYS):
            report.failed("file.missing", path=PATHS[kind])
    if manifest is not None:
        _check_files(folder, manifest, report)
    return manifest


def read_keys(folder: Folder, manifest: Manifest, report: Report) -> PlatformKeys | None:
    """The platform's public keys as the folder carries them; the manifest is signed by the one for exports."""
    keys: PlatformKeys | None = None
    with report.check("manifest.signature", otherwise="manifest.signature"):
        keys = decode(folder.read(PLATFORM_KEYS), PlatformKeys, "keys.form")
        public = bytes.fromhex(keys.keys["export"])
        if keys.format != KEYS_FORMAT or not verify_ed25519(
            public, bytes.fromhex(manifest.signature), manifest.message()
        ):
            report.failed("manifest.signature")
    return keys


def _check_files(folder: Folder, manifest: Manifest, report: Report) -> None:
    with report.check("files", otherwise="file.changed") as facts:
        for path, digest in manifest.sha256.items():
            if path not in folder:
                report.failed("file.missing", path=path)
            elif folder.sha256(path) != digest:
                report.failed("file.changed", path=path)
        theirs = {path for path in folder.paths if path.startswith((f"{RECEIPTS}/", f"{BAG}/"))}
        for path in sorted(set(folder.paths) - manifest.sha256.keys() - theirs - {MANIFEST}):
            report.failed("file.unlisted", path=path)
        for path in sorted(theirs & manifest.sha256.keys()):
            report.failed("file.unlisted", path=path)
        facts["count"] = len(manifest.sha256)
