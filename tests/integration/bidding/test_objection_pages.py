"""The hall in pages without script: objecting, answering, ending; deposits in the table; the sealed print of it all."""

import io
import re

import pikepdf

from bidding.opening.printing import SOURCE, print_record
from bidding.tasks import WORKER
from tests.factories import bidding as make
from tests.factories.funds import make_bank, payment, statement
from tests.factories.parties import make_actor
from tests.integration.bidding.hall import Hall, hall
from trading.funds import services as funds
from trading.kernel.clock import platform_now
from trading.kernel.pdf_proof import open_sealed
from trading.parties.proof import verify_seal
from trading.parties.services import authority_certificate
from trading.records import reads as records

__all__ = ["hall"]
ODD = "工期应为 300 天 🏗️，请核对。\n第二行。"


async def test_page_objecting_answering_and_ending_the_opening(hall: Hall) -> None:
    opening = f"{hall.page}/opening"
    assert (await hall["a"].get(f"{hall.page}/objections/new")).status_code == 409
    assert "objections" not in (await hall["a"].get(opening)).text
    await hall.close()
    empty = (await hall["a"].get(opening)).text
    assert "No objection" in empty
    assert f'href="{hall.page}/objections/new"' in empty
    for who in ("stranger", "official", "nobody"):
        assert f"{hall.page}/objections/new" not in (await hall[who].get(opening)).text, who

    short = await hall["a"].post(f"{hall.page}/objections/new", data={"text": "短"})
    assert (short.status_code, 'id="f-text-problem"' in short.text) == (422, True)
    strange = await hall["stranger"].post(f"{hall.page}/objections/new", data={"text": "请核对工期。"})
    assert (strange.status_code, "Only a bidder that takes part" in strange.text) == (403, True)
    for words in (ODD, "唱价有误。"):
        assert (await hall["a"].post(f"{hall.page}/objections/new", data={"text": words})).status_code == 303
    seen = (await hall["a"].get(opening)).text
    first, second = re.findall(rf'/v1/lots/{hall.box.lot.id}/objections/([0-9a-f-]+)/receipt"', seen)
    assert "第二行。" in seen
    assert '/receipt"' not in (await hall["b"].get(opening)).text

    ask = await hall["a"].get(f"{hall.page}/objections/{second}/withdraw")
    assert "唱价有误。" in ask.text
    assert (await hall["a"].post(f"{hall.page}/objections/{second}/withdraw")).status_code == 303
    page = (await hall["official"].get(opening)).text
    assert f'href="{hall.page}/objections/{first}/answer"' in page
    assert f"objections/{second}/answer" not in page
    await hall.reveal()
    assert "Objections without an answer: 1" in (await hall["official"].get(opening)).text
    form = await hall["official"].get(f"{hall.page}/objections/{first}/answer")
    assert "第二行。" in form.text
    to = f"{hall.page}/objections/{first}/answer"
    assert (await hall["official"].post(to, data={"outcome": "dismissed", "text": ""})).status_code == 422
    assert (await hall["official"].post(to, data={"outcome": "upheld", "text": "已更正。"})).status_code == 303
    early = await hall["official"].post(f"{hall.page}/opening/end")
    assert (early.status_code, "cannot be ended before" in early.text) == (409, True)
    assert f"{hall.page}/opening/end" not in (await hall["official"].get(opening)).text
    await hall.pass_window()
    assert "Nobody can object afterwards" in (await hall["official"].get(f"{hall.page}/opening/end")).text
    assert f"{hall.page}/opening/end" in (await hall["official"].get(opening)).text
    assert f"{hall.page}/opening/end" not in (await hall["a"].get(opening)).text
    assert (await hall["official"].post(f"{hall.page}/opening/end")).status_code == 303
    done = (await hall["a"].get(opening)).text
    assert "Upheld" in done
    assert "Taken back" in done
    assert f"{hall.page}/objections/new" not in done


async def test_the_record_tells_deposits_and_objections_and_is_printed_under_the_centres_seal(hall: Hall) -> None:
    lot, database = hall.box.lot, hall.box.database
    async with database.transaction() as session:
        now = await platform_now(session)
        numbers = [(await funds.draw_sub_account(session, who, lot_id=lot.id)).number or "" for who in hall.bidders]
        lines = [payment(numbers[0], hall.bidders[0].org_name, at=now)]
        lines.append(payment(numbers[1], hall.bidders[1].org_name, at=now, yuan="799999.99"))
        await funds.receive_statement(session, await make_bank(session), data=statement(lines))
        await make_actor(session, "finance")
    await hall.close()
    await hall.reveal(numbers[0], numbers[1], numbers[0])  # the third names the first one's sub-account
    rows = (await hall["nobody"].get(f"{hall.api}/opening")).json()["rows"]
    assert [(row["deposit"], row["deposit_fen"]) for row in rows] == [
        ("matched", 800_000_00),
        ("short", 799_999_99),
        ("foreign", None),
    ]
    page = (await hall["nobody"].get(f"{hall.page}/opening")).text
    assert all(word in page for word in ("Paid", "Short", "Another&#39;s account", "799,999.99"))
    await hall.answer((await hall.object_(text=ODD))["objection"]["id"])
    await hall.pass_window()
    digest = (await hall.end()).json()["record"]
    exact = (await hall["nobody"].get(f"{hall.api}/record")).json()["record"]
    for _ in "ab":  # doing it again changes nothing
        async with database.transaction() as session:
            await print_record(
                session,
                WORKER,
                lot_id=lot.id,
                objects=hall.box.objects,
                keys=make.KEYS,
                base_url="http://platform.local",
            )
    async with database.transaction() as session:
        (kept,) = await records.records_of(session, lot.subject, ("opening-record",))
        authority = await authority_certificate(session, make.KEYS.ca)
    data = await hall.box.objects.get(kept.digest)
    sealed = open_sealed(data)
    assert sealed.attached == {SOURCE: exact.encode()}
    assert verify_seal(sealed.certificate, authority, sealed.at).organisation == lot.official.org_name
    assert digest[:16] in kept.name
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.open_metadata()["pdfaid:part"] == "3"
        assert pdf.check_pdf_syntax() == []
