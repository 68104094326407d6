"""Small PDF files: one empty page, carrying what it was made from, under a seal."""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pikepdf

from trading.kernel.pdf_seal import seal_pdf
from trading.kernel.signing import SealSigner


def paper(name: str, data: bytes) -> bytes:
    """Unsealed."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        file = pikepdf.AttachedFileSpec(
            pdf, data, filename=name, description=name, mime_type="application/json", creation_date="", mod_date=""
        )
        pdf.attachments[name] = file
        pdf.Root.AF = pikepdf.Array([file.obj])
        out = io.BytesIO()
        pdf.save(out, static_id=True)
    return out.getvalue()


def sealed_paper(name: str, data: bytes, *, key: SealSigner, certificate: str, authority: str, at: datetime) -> bytes:
    """Sealed, also where an event loop is running."""
    sealing = seal_pdf(
        paper(name, data), key=key, certificate=certificate, authority=authority, name="中心", reason=name, at=at
    )
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, sealing).result()
