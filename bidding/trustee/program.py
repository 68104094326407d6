"""One trustee's program: what the page and the local API can do, one action at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from uuid import UUID

import msgspec

from bidding.sealing.announcement import Announcement, sign_announcement
from bidding.sealing.batch import Batch
from bidding.sealing.documents import peek_document
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import format_instant, sha256
from bidding.sealing.offer import Challenge as SealedChallenge
from bidding.sealing.offer import answer_challenge
from bidding.subjects import Subject, parse_subject
from bidding.trustee import releasing, showing, signing, views
from bidding.trustee.errors import (
    Declined,
    NoSeat,
    NotAnnounced,
    NothingToSign,
    PlatformRefused,
    TextChanged,
    WitnessSilent,
)
from bidding.trustee.folder import Door, Folder
from bidding.trustee.lots import Lots, seat_in
from bidding.trustee.platform import Platform
from bidding.trustee.refusals import Decline, Refusal, sign_refusal, verify_refusal
from bidding.trustee.vault import Vault
from bidding.trustee.witnesses import Seen, Witnesses
from bidding.types import CeremonyView, SeatView

_CONNECTION = "connection"


class Program:
    """A folder, a platform, the witnesses; actions wait for each other."""

    def __init__(self, folder: Path, *, platform: str, witnesses: Sequence[str]) -> None:
        self.platform, self.witnesses = Platform(platform), Witnesses(witnesses)
        self.folder = Folder(folder)
        self._door = Door(self.folder)
        self.vault, self.lots = Vault(self.folder), Lots(self.folder)
        self._busy = RLock()

    def close(self) -> None:
        """Forget the keys and let another start on the folder."""
        self.vault.lock()
        self.platform.close()
        self.witnesses.close()
        self._door.close()

    # --- unlocking and connecting

    def unlock(self, passphrase: str) -> None:
        """Open the keys, the first time make them; a token kept here is taken up again."""
        with self._busy:
            self.vault.unlock(passphrase)
            kept = self.folder.read(_CONNECTION)
            token = self.vault.unprotect(kept) if kept else None
            self.platform.token = token.decode() if token else None

    def lock(self) -> None:
        """Keys and token out of memory."""
        with self._busy:
            self.vault.lock()
            self.platform.token = None

    def connect(self, token: str) -> views.MeState:
        """Take up a token made on the platform, if the platform knows it."""
        with self._busy:
            _ = self.vault.signer
            before, self.platform.token = self.platform.token, token.strip()
            try:
                me = self._me()
            except Exception:
                self.platform.token = before
                raise
            self.folder.write(_CONNECTION, self.vault.protect(token.strip().encode()))
            return me

    def local_state(self) -> views.State:
        """What is known without asking anybody."""
        with self._busy:
            return views.State(
                created=self.vault.created,
                unlocked=self.vault.unlocked,
                sign=self.vault.public,
                platform=self.platform.address,
                witnesses=self.witnesses.addresses,
                connected=self.vault.unlocked and self.platform.token is not None,
                me=None,
                ceremonies=(),
            )

    def state(self) -> views.State:
        """Everything at a glance; asks the platform only when unlocked and connected."""
        with self._busy:
            state = self.local_state()
            if not state.connected:
                return state
            ceremonies = tuple(self._shown(view, self._seat_of(view)) for view in self.platform.ceremonies())
            return msgspec.structs.replace(state, me=self._me(), ceremonies=ceremonies)

    # --- the ceremony

    def ceremony(self, ceremony_id: UUID) -> views.CeremonyState:
        """One ceremony."""
        with self._busy:
            view, seat = self._seated(ceremony_id)
            return self._shown(view, seat)

    def make_keys(self, ceremony_id: UUID) -> views.CeremonyState:
        """Make the keys of this lot or draw, hand in their card, prove to hold them."""
        with self._busy:
            view, seat = self._seated(ceremony_id)
            with self._declining(view.subject):
                card = self.lots.make_card(self.vault, view, seat.organisation)
            answer = self.platform.offer(view.id, card)
            if not answer.keyed:
                answers = {
                    challenge.kid: self._answered(view, challenge.kid, challenge.enc, challenge.ct)
                    for challenge in answer.challenges
                }
                answer = self.platform.offer(view.id, card, answers)
            return self._shown(answer.ceremony, self._seat_of(answer.ceremony))

    def review(self, ceremony_id: UUID) -> views.ReviewState:
        """The text to be signed, every check held; otherwise a signed refusal."""
        with self._busy:
            reviewed = self._review(ceremony_id)
            return showing.review_state(reviewed, self._shown(reviewed.view, self._seat_of(reviewed.view)))

    def sign(self, ceremony_id: UUID, ann: str | None = None) -> views.CeremonyState:
        """Sign the text; `ann` is that of the text shown before, if one was shown."""
        with self._busy:
            reviewed = self._review(ceremony_id)
            if ann not in {None, reviewed.ann}:
                raise TextChanged
            self.lots.keep_text(parse_subject(reviewed.view.subject), ceremony_id, reviewed.text)
            signature = sign_announcement(reviewed.text, self.vault.signer)
            view = self.platform.sign(ceremony_id, reviewed.x, signature)
            return self._shown(view, self._seat_of(view))

    # --- the release

    def examine(self, subject: Subject, phase: int) -> views.ClearedState:
        """Every check of a release; decrypts nothing."""
        with self._busy:
            return showing.cleared_state(subject, self._cleared(subject, phase))

    def release(self, subject: Subject, phase: int, box: str | None = None) -> views.ReleaseState:
        """Every check again, then this trustee's batches; `box` is the root shown before, if it was."""
        with self._busy:
            cleared = self._cleared(subject, phase)
            if box not in {None, cleared.opened.box.root}:
                raise TextChanged
            with self._declining(str(subject), cleared.own.ann, phase):
                released, batches = releasing.make_batches(cleared, subject, lots=self.lots, vault=self.vault)
            for part, batch in batches.items():
                self.platform.send_batch(subject, batch)
                sent = {**released.sent, part: sha256(batch).hex()}
                released = msgspec.structs.replace(released, sent=sent)
                self.lots.keep_release(subject, released)
            complaints = sum(
                item.code is not None
                for batch in batches.values()
                for item in peek_document(batch, Batch, "sealing.batch").shares
            )
            return views.ReleaseState(str(subject), phase, released.box, released.sent, complaints)

    def refusals(self) -> list[views.RefusalState]:
        """Every refusal written here, newest first; each verified as it is read."""
        with self._busy:
            found = []
            for name in reversed(self.folder.names("refusals/*.json")):
                raw = self.folder.read(name) or b""
                refusal = verify_refusal(raw, self.vault.public or "")
                shown = {field: getattr(refusal, field) for field in refusal.__struct_fields__ if field != "v"}
                found.append(views.RefusalState(file=name.split("/")[-1], document=raw.decode(), **shown))
            return found

    # --- inside

    def _shown(self, view: CeremonyView, seat: SeatView) -> views.CeremonyState:
        own = self._published(view)
        return showing.ceremony_state(
            view, seat, own, self._witnessed(own), self.lots.releases(parse_subject(view.subject))
        )

    def _published(self, view: CeremonyView) -> Announcement | None:
        """What was published, kept here from now on; None if it is not out or not what was signed."""
        if view.state != "published":
            return None
        try:
            own = self._own(parse_subject(view.subject))
        except (Decline, NotAnnounced):
            return None
        return own if own.ann == view.ann else None

    def _witnessed(self, own: Announcement | None) -> Seen | None:
        try:
            return self.witnesses.seen(own.body) if own else None
        except (Decline, WitnessSilent):
            return None

    def _me(self) -> views.MeState:
        me = self.platform.me()
        organisation = me.organisation.name if me.organisation else None
        return views.MeState(me.name, organisation, "trustee" in me.roles)

    def _seated(self, ceremony_id: UUID) -> tuple[CeremonyView, SeatView]:
        _ = self.vault.signer
        view = self.platform.ceremony(ceremony_id)
        if view.id != ceremony_id:
            raise NoSeat
        return view, self._seat_of(view)

    def _seat_of(self, view: CeremonyView) -> SeatView:
        return showing.seat_of(view, self.platform.me().membership_id)

    def _answered(self, view: CeremonyView, kid: str, enc: str, ct: str) -> str:
        key = self.lots.ceremony_key(self.vault, parse_subject(view.subject), view.id, kid)
        try:
            return answer_challenge(view.subject, SealedChallenge(kid=kid, enc=enc, ct=ct), key)
        except (SealingError, ValueError) as error:
            raise PlatformRefused(status=0, reason="sealing.possession", detail=kid) from error

    def _review(self, ceremony_id: UUID) -> signing.Review:
        view, seat = self._seated(ceremony_id)
        text = self.platform.text(ceremony_id)
        subject = parse_subject(view.subject)
        card = self.lots.card(subject, ceremony_id)
        if text is None or card is None or view.state == "cancelled":
            raise NothingToSign
        signed = self.lots.signed_text(subject, ceremony_id)
        with self._declining(view.subject, sha256(text).hex()):
            return signing.review(view, seat, text, card=card, signed=signed, witnesses=self.witnesses)

    def _own(self, subject: Subject) -> Announcement:
        """The announcement kept here, adopted from what is published once this trustee's text is in it."""
        raw = self.platform.announcement(subject)
        kept = self.lots.own(subject)
        if raw is None and kept is None:
            raise NotAnnounced
        if raw is None:
            raise Decline("announcement_changed", "published")
        return self.lots.adopt(subject, raw)

    def _cleared(self, subject: Subject, phase: int) -> releasing.Cleared:
        _ = self.vault.signer
        kept = self.lots.own(subject)
        with self._declining(str(subject), kept.ann if kept else None, phase):
            own = self._own(subject)
            me = seat_in(own, self.vault.public or "")
            if me is None:
                raise Decline("announcement_changed", "seat")
        with self._declining(str(subject), own.ann, phase):
            return releasing.examine(
                subject,
                phase,
                own=own,
                me=me,
                platform=self.platform,
                witnesses=self.witnesses,
                cache=self.folder.below(f"log/{sha256(own.body.log.origin.encode()).hex()[:16]}"),
            )

    @contextmanager
    def _declining(self, subject: str, ann: str | None = None, phase: int | None = None) -> Iterator[None]:
        """A check that does not hold becomes a signed refusal, kept before anything else happens."""
        try:
            yield
        except Decline as decline:
            at = format_instant(datetime.now(UTC))
            refusal = Refusal(
                v="LBD1",
                subject=subject,
                ann=ann,
                phase=phase if phase is None or 1 <= phase <= 9 else None,
                code=decline.reason,
                detail=decline.detail,
                at=at,
                checkpoint=decline.checkpoint,
                sign=self.vault.public or "",
            )
            raw = sign_refusal(refusal, self.vault.signer)
            name = f"{at.replace(':', '')}-{sha256(raw).hex()[:8]}.json"
            self.folder.write(f"refusals/{name}", raw)
            raise Declined(reason=decline.reason, detail=decline.detail, file=name, document=raw.decode()) from decline
