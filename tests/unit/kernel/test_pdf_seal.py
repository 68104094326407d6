"""The seal on a PDF: nothing of the document is touched, PDF/A stays PDF/A, and no byte can change under it."""

import datetime as dt
import io
import random

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from trading.kernel.pdf import Attached, GlyphMissing, render_pdf
from trading.kernel.pdf_proof import SealBroken, open_sealed
from trading.kernel.pdf_seal import FIELD, seal_pdf
from trading.kernel.signing import SealSigner
from trading.parties.certificates import make_authority
from trading.parties.seals import issue_seal

AT = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)
CA = Ed25519PrivateKey.generate()
AUTHORITY = make_authority(CA, at=AT - dt.timedelta(days=1))
KEY = SealSigner(ec.generate_private_key(ec.SECP256R1()))
CERTIFICATE = issue_seal(
    CA, AUTHORITY, public_key=KEY.public_key, organisation="临江市公共资源交易中心", uscc="12350100MB0000011X", at=AT
)
SOURCE = b'{"price_fen":1}'
HTML = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>开标记录</title></head>'
    "<body><h1>开标记录</h1></body></html>"
)


async def printed() -> bytes:
    attached = Attached("record.json", "开标记录", SOURCE)
    return await render_pdf(HTML, css="html { font: 12pt Song }", at=AT, identifier=b"i" * 16, attached=(attached,))


async def sealed(document: bytes) -> bytes:
    return await seal_pdf(
        document, key=KEY, certificate=CERTIFICATE, authority=AUTHORITY, name="中心", reason="开标记录", at=AT
    )


async def test_the_document_is_a_prefix_and_the_same_again() -> None:
    first, second = await printed(), await printed()
    assert first == second
    one, two = await sealed(first), await sealed(second)
    assert one.startswith(first)
    assert one == two


async def test_pdf_a_3b_stays_so_and_carries_what_it_was_made_from() -> None:
    before, after = await printed(), await sealed(await printed())
    with pikepdf.open(io.BytesIO(before)) as plain, pikepdf.open(io.BytesIO(after)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert pdf.pdf_version == plain.pdf_version == "1.7"
        assert "/Version" not in pdf.Root
        assert pdf.Root.Metadata.read_bytes() == plain.Root.Metadata.read_bytes()
        assert dict(pdf.docinfo) == dict(plain.docinfo)
        meta = pdf.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "B")
        assert pdf.trailer.ID[0] == plain.trailer.ID[0] != pdf.trailer.ID[1]
        (field,) = pdf.Root.AcroForm.Fields
        assert (str(field.T), str(field.FT)) == (FIELD, "/Sig")
        assert [int(item) for item in field.Rect] == [0, 0, 0, 0]
        assert int(field.F) & 0b111 == 0b100  # printed, neither hidden nor invisible (ISO 19005-3, 6.3.2)
        assert "/NeedAppearances" not in pdf.Root.AcroForm
        assert field.V.SubFilter == "/ETSI.CAdES.detached"
        assert pdf.Root.Perms.keys() == {"/DocMDP"}
        assert not {"/DigestLocation", "/DigestMethod", "/DigestValue"} & set(field.V.Reference[0].keys())
        file = pdf.attachments["record.json"]
        assert file.get_file().read_bytes() == SOURCE
        assert {item.AFRelationship for item in pdf.Root.AF} == {"/Source"}


async def test_it_tells_certificate_instant_and_attachment() -> None:
    told = open_sealed(await sealed(await printed()))
    assert (told.certificate, told.issuers) == (CERTIFICATE, (AUTHORITY,))
    assert (told.at, told.attached) == (AT, {"record.json": SOURCE})


async def test_another_program_finds_it_good() -> None:
    """pyHanko's own whole validation, as a reader of PDF does it: chain, key usage, coverage, no later change."""
    (seal,) = PdfFileReader(io.BytesIO(await sealed(await printed()))).embedded_signatures
    authority = next(iter(seal.other_embedded_certs))
    context = ValidationContext(trust_roots=[authority], allow_fetching=False, moment=AT + dt.timedelta(seconds=1))
    status = await async_validate_pdf_signature(seal, context)
    assert status.bottom_line, status.summary()
    assert status.docmdp_ok


async def test_every_byte_counts() -> None:
    """Seeded places, and the whole place of the signature, where padding could hide something."""
    whole = await sealed(await printed())
    start = whole.index(b"/Contents <3") + len(b"/Contents <")
    rng = random.Random(18)
    places = [rng.randrange(len(whole)) for _ in range(300)] + [start - 1, whole.index(b">", start) - 1]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.randrange(8)
        try:
            told = open_sealed(bytes(damaged))
        except SealBroken:
            continue
        # What travels in the signature unsigned is its issuer, which no one believes for that.
        assert told.issuers != (AUTHORITY,), place


async def test_a_character_that_no_font_has_is_told_and_not_left_out() -> None:
    with pytest.raises(GlyphMissing) as refused:
        await render_pdf("<p>\U0001f9a4</p>", css="", at=AT, identifier=b"i" * 16)
    assert refused.value.params == {"characters": "\U0001f9a4"}


@pytest.mark.parametrize("tail", [b"\n", b"%%EOF\n", b"1 0 obj\n<<>>\nendobj\n"])
async def test_nothing_comes_after_it(tail: bytes) -> None:
    with pytest.raises(SealBroken):
        open_sealed(await sealed(await printed()) + tail)


async def test_no_seal_two_seals_and_no_pdf() -> None:
    plain = await printed()
    twice = await sealed(plain)
    for data, code in ((plain, "unsealed"), (b"%PDF-1.7", "form"), (b"", "form"), (twice[:-900], "form")):
        with pytest.raises(SealBroken) as refused:
            open_sealed(data)
        assert refused.value.code == code
