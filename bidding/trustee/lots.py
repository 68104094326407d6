"""What the folder holds of each lot and draw: key files, key card, text signed, announcement, what was released.

`lots/<lot>/announcement.json`, `lots/<lot>/released-<phase>/…`, and for each ceremony `lots/<lot>/<ceremony>/…`; the
same below `draws/<draw>/`.
What the platform says later is compared with these, never the other way round.
"""

from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.sealing.announcement import Announcement, Trustee, announcement_digest, verify_announcement
from bidding.sealing.errors import SealingError
from bidding.sealing.offer import Offer, make_offer, trustee_key, verify_offer
from bidding.sealing.suites import SUITES
from bidding.subjects import Subject
from bidding.trustee.errors import KeyMissing
from bidding.trustee.folder import Folder
from bidding.trustee.kinds import known_subject
from bidding.trustee.refusals import Decline
from bidding.trustee.vault import Vault
from bidding.types import CeremonyView


class Released(msgspec.Struct, frozen=True):
    """A phase this trustee released: for which box, when, and what became of each part's batch."""

    phase: int
    box: str
    at: str
    sent: dict[str, str]


class Lots:
    """One folder's lots and draws."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    # --- keys

    def make_card(self, vault: Vault, view: CeremonyView, organisation: str) -> bytes:
        """The signed key card of a ceremony; its keys are made once and stay the same when it is asked for again."""
        subject = known_subject(view.subject)
        if not view.suites or not set(view.suites) <= SUITES.keys():
            raise Decline("text_terms", "suites")
        if not view.phases or not set(view.phases) <= set(range(1, 10)):
            raise Decline("text_terms", "phases")
        keys = [
            trustee_key(suite, phase, vault.make_sealing_key(self._key_name(subject, view.id, suite, phase)))
            for suite in view.suites
            for phase in view.phases
        ]
        sign = vault.public or ""
        card = make_offer(str(subject), organisation, sign, keys, vault.signer)
        self._folder.write(self._name(subject, view.id, "card.json"), card)
        return card

    def card(self, subject: Subject, ceremony_id: UUID) -> Offer | None:
        """The key card made for a ceremony, or None."""
        raw = self._folder.read(self._name(subject, ceremony_id, "card.json"))
        return verify_offer(raw, str(subject)) if raw else None

    def ceremony_key(self, vault: Vault, subject: Subject, ceremony_id: UUID, kid: str) -> X25519PrivateKey:
        """The private key of a kid on a ceremony's card."""
        card = self.card(subject, ceremony_id)
        for key in card.keys if card else ():
            if key.kid == kid:
                return vault.sealing_key(self._key_name(subject, ceremony_id, key.suite, key.phase))
        raise KeyMissing(file=kid)

    def sealing_key(self, vault: Vault, subject: Subject, kid: str) -> X25519PrivateKey:
        """The same, whichever ceremony of the subject it was made in."""
        for ceremony_id in self._ceremonies(subject):
            card = self.card(subject, ceremony_id)
            if card and any(key.kid == kid for key in card.keys):
                return self.ceremony_key(vault, subject, ceremony_id, kid)
        raise KeyMissing(file=kid)

    # --- announcements

    def signed_text(self, subject: Subject, ceremony_id: UUID) -> bytes | None:
        """The text this trustee signed in a ceremony."""
        return self._folder.read(self._name(subject, ceremony_id, "signed.json"))

    def keep_text(self, subject: Subject, ceremony_id: UUID, text: bytes) -> None:
        """Before the signature leaves this machine."""
        self._folder.write(self._name(subject, ceremony_id, "signed.json"), text)

    def own(self, subject: Subject) -> Announcement | None:
        """The published announcement this trustee signed, kept here."""
        raw = self._folder.read(f"{subject.path}/announcement.json")
        return verify_announcement(raw) if raw else None

    def adopt(self, subject: Subject, raw: bytes) -> Announcement:
        """Keep what was published, if every trustee signed it and its text is one signed here; else `Decline`."""
        kept = self.own(subject)
        if kept is not None and kept.raw == raw:
            return kept
        try:
            announcement = verify_announcement(raw)
        except SealingError as error:
            raise Decline("announcement_changed", error.code) from error
        texts = [self.signed_text(subject, ceremony_id) for ceremony_id in self._ceremonies(subject)]
        signed = {announcement_digest(text) for text in texts if text is not None}
        older = kept is not None and announcement.body.version <= kept.body.version
        if announcement.ann not in signed or announcement.body.subject != str(subject) or older:
            raise Decline("announcement_changed", announcement.ann)
        self._folder.write(f"{subject.path}/announcement.json", raw)
        return announcement

    # --- releases

    def release(self, subject: Subject, phase: int) -> Released | None:
        """What was released of a phase."""
        raw = self._folder.read(f"{subject.path}/released-{phase}/release.json")
        return msgspec.json.decode(raw, type=Released) if raw else None

    def releases(self, subject: Subject) -> tuple[Released, ...]:
        """Every phase released, in order."""
        phases = [int(name.split("-")[-1].split("/")[0]) for name in self._folder.names(f"{subject.path}/released-*")]
        return tuple(found for phase in sorted(phases) if (found := self.release(subject, phase)) is not None)

    def keep_batches(self, subject: Subject, released: Released, batches: dict[str, bytes]) -> None:
        """Batches first, so that a recorded release is never without them."""
        for part, batch in batches.items():
            self._folder.write(f"{subject.path}/released-{released.phase}/{part}.json", batch)
        self.keep_release(subject, released)

    def keep_release(self, subject: Subject, released: Released) -> None:
        """How far a release has come."""
        name = f"{subject.path}/released-{released.phase}/release.json"
        self._folder.write(name, msgspec.json.encode(released))

    def _ceremonies(self, subject: Subject) -> list[UUID]:
        return [UUID(name.split("/")[2]) for name in self._folder.names(f"{subject.path}/*/card.json")]

    @staticmethod
    def _name(subject: Subject, ceremony_id: UUID, file: str) -> str:
        return f"{subject.path}/{ceremony_id}/{file}"

    def _key_name(self, subject: Subject, ceremony_id: UUID, suite: int, phase: int) -> str:
        return self._name(subject, ceremony_id, f"key-{suite}-{phase}.pem")


def seat_in(announcement: Announcement, sign: str) -> Trustee | None:
    """The seat whose signing key this is."""
    return next((trustee for trustee in announcement.body.trustees if trustee.sign == sign), None)
