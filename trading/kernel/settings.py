"""Settings: one frozen struct a concern, read once from `TRADING_*`; no other file reads the environment."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec


class DatabaseSettings(msgspec.Struct, frozen=True):
    """Addresses of one database, one for each login; psycopg conninfo or `postgresql://` URLs."""

    app: str
    sequencer: str = ""


class ObjectsSettings(msgspec.Struct, frozen=True):
    """The S3 store. `prefix` keeps several platforms apart in one bucket (tests)."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str = "trading"
    archive_bucket: str = ""
    """Where nothing can be deleted: versions under Object Lock. Beside `bucket` unless named."""
    secure: bool = False
    region: str = "us-east-1"
    prefix: str = ""


class KeysSettings(msgspec.Struct, frozen=True):
    """Folder of the platform's own key files and their passphrase."""

    folder: Path
    passphrase: str


class JournalSettings(msgspec.Struct, frozen=True):
    """The log's name and its witnesses (`name+kid+key` verifier strings and their addresses)."""

    origin: str
    witnesses: tuple[str, ...] = ()
    witness_urls: tuple[str, ...] = ()
    quorum: int = 1
    slot_seconds: int = 300
    """How long a blind slot (盲时段) lasts before a box's last hour; a receipt can be proved once its slot is over."""


class WebSettings(msgspec.Struct, frozen=True):
    """Where the web process listens and how the world reaches it."""

    base_url: str
    secret: str
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    demo: bool = False
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose `X-Forwarded-For` is believed; none unless configured."""


class GatewaySettings(msgspec.Struct, frozen=True):
    """The gateway that calls people (呼叫网关); `key` is the public key (hex) its records are signed with."""

    url: str = ""
    token: str = ""
    key: str = ""


class Settings(msgspec.Struct, frozen=True):
    """Everything a process needs to know at its start."""

    database: DatabaseSettings
    objects: ObjectsSettings
    keys: KeysSettings
    journal: JournalSettings
    web: WebSettings
    broker_url: str = ""
    gateway: GatewaySettings = GatewaySettings()
    pulse_file: str = ""
    """What a worker or relay touches while it turns, for whoever watches it; none unless configured."""


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; a missing one is named."""
    env = os.environ if env is None else env

    def need(name: str) -> str:
        value = env.get(name, "")
        if not value:
            raise SystemExit(f"{name} is not set (see docs/operations.md)")
        return value

    return Settings(
        database=DatabaseSettings(
            app=need("TRADING_DATABASE_URL"), sequencer=env.get("TRADING_SEQUENCER_DATABASE_URL", "")
        ),
        objects=ObjectsSettings(
            endpoint=need("TRADING_S3_ENDPOINT"),
            access_key=need("TRADING_S3_ACCESS_KEY"),
            secret_key=need("TRADING_S3_SECRET_KEY"),
            bucket=env.get("TRADING_S3_BUCKET", "trading"),
            archive_bucket=env.get("TRADING_S3_ARCHIVE_BUCKET", ""),
            secure=env.get("TRADING_S3_SECURE", "") == "1",
            region=env.get("TRADING_S3_REGION", "us-east-1"),
            prefix=env.get("TRADING_S3_PREFIX", ""),
        ),
        keys=KeysSettings(folder=Path(need("TRADING_KEYS_DIR")), passphrase=need("TRADING_KEYS_PASSPHRASE")),
        journal=JournalSettings(
            origin=need("TRADING_JOURNAL_ORIGIN"),
            witnesses=_list(env.get("TRADING_WITNESSES", "")),
            witness_urls=_list(env.get("TRADING_WITNESS_URLS", "")),
            quorum=int(env.get("TRADING_WITNESS_QUORUM", "1")),
            slot_seconds=int(env.get("TRADING_SLOT_SECONDS", "300")),
        ),
        web=WebSettings(
            base_url=need("TRADING_BASE_URL").rstrip("/"),
            secret=need("TRADING_WEB_SECRET"),
            host=env.get("TRADING_HOST", "127.0.0.1"),
            port=int(env.get("TRADING_PORT", "8000")),
            workers=int(env.get("TRADING_WEB_WORKERS", "2")),
            demo=env.get("TRADING_DEMO", "") == "1",
            trusted_proxies=_list(env.get("TRADING_TRUSTED_PROXIES", "")),
        ),
        broker_url=env.get("TRADING_BROKER_URL", ""),
        gateway=GatewaySettings(
            url=env.get("TRADING_GATEWAY_URL", "").rstrip("/"),
            token=env.get("TRADING_GATEWAY_TOKEN", ""),
            key=env.get("TRADING_GATEWAY_KEY", ""),
        ),
        pulse_file=env.get("TRADING_PULSE_FILE", ""),
    )


def to_environment(settings: Settings) -> dict[str, str]:
    """The environment from which `load_settings` makes these settings again: what `trading up` hands its children."""
    return {
        "TRADING_DATABASE_URL": settings.database.app,
        "TRADING_SEQUENCER_DATABASE_URL": settings.database.sequencer,
        "TRADING_S3_ENDPOINT": settings.objects.endpoint,
        "TRADING_S3_ACCESS_KEY": settings.objects.access_key,
        "TRADING_S3_SECRET_KEY": settings.objects.secret_key,
        "TRADING_S3_BUCKET": settings.objects.bucket,
        "TRADING_S3_ARCHIVE_BUCKET": settings.objects.archive_bucket,
        "TRADING_S3_SECURE": "1" if settings.objects.secure else "",
        "TRADING_S3_REGION": settings.objects.region,
        "TRADING_S3_PREFIX": settings.objects.prefix,
        "TRADING_KEYS_DIR": str(settings.keys.folder),
        "TRADING_KEYS_PASSPHRASE": settings.keys.passphrase,
        "TRADING_JOURNAL_ORIGIN": settings.journal.origin,
        "TRADING_WITNESSES": ",".join(settings.journal.witnesses),
        "TRADING_WITNESS_URLS": ",".join(settings.journal.witness_urls),
        "TRADING_WITNESS_QUORUM": str(settings.journal.quorum),
        "TRADING_SLOT_SECONDS": str(settings.journal.slot_seconds),
        "TRADING_BASE_URL": settings.web.base_url,
        "TRADING_WEB_SECRET": settings.web.secret,
        "TRADING_HOST": settings.web.host,
        "TRADING_PORT": str(settings.web.port),
        "TRADING_WEB_WORKERS": str(settings.web.workers),
        "TRADING_DEMO": "1" if settings.web.demo else "",
        "TRADING_TRUSTED_PROXIES": ",".join(settings.web.trusted_proxies),
        "TRADING_BROKER_URL": settings.broker_url,
        "TRADING_GATEWAY_URL": settings.gateway.url,
        "TRADING_GATEWAY_TOKEN": settings.gateway.token,
        "TRADING_GATEWAY_KEY": settings.gateway.key,
        "TRADING_PULSE_FILE": settings.pulse_file,
    }
