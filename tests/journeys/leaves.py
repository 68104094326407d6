"""R36: every change of state has its leaf in the journal, in the same transaction; watched from inside the database.

The database's owner lays a deferred trigger on every table of the application. At COMMIT it asks whether the
transaction also wrote an entry, plain or blind; if not, it notes the table. Tables that hold no state of the trade are
named here, each with the reason; a table nobody thought of is watched.
"""

import psycopg
from psycopg import sql

MACHINERY = {
    "platform_facts": "what the platform is, written when it first starts",
    "outbox": "what is yet to be told",
    "inbox": "what was already done",
    "timers": "what is yet to be done",
    "live_events": "what open pages are told",
    "sessions": "who is signed in",
    "sign_in_attempts": "who tried to sign in",
    "notice_words": "the words of notices, for searching",
    "registration_serials": "the next number of a project's code",
    "supervision_progress": "how far the rules have read",
    "gateway_messages": "what is yet to be sent to people",
    "payout_confirmations": "the second factor's answer while a payout is asked for",
}
DRAFTS = {
    "project_drafts": "typed, not yet registered",
    "evaluation_sheets": "a member's own sheet before it is handed in",
    "upload_tokens": "a right to upload, which must not be told before the deadline",
    "uploads": "ciphertext on its way, which must not be told before the deadline",
    "upload_blocks": "the same",
}
UNTOLD = {
    "accounts UPDATE": "the last code of the second factor that was used",
    "ceremony_seats UPDATE": "keys brought by one trustee; the announcement tells them all together",
    "deposit_accounts INSERT": "a number drawn before the deadline, which nobody may learn",
    "notices INSERT": "a draft; its publication is told",
    "refund_payment_steps INSERT": "what the bank was sent and asked; what it answered is told",
    "archive_packages UPDATE": "how far the composing has come",
    "participations INSERT": "who takes part, which nobody may learn before the deadline",
}
"""Changes of watched tables that are rightly told later, or to nobody."""
_WATCH = """
CREATE SCHEMA r36;
CREATE TABLE r36.unjournalled (at timestamptz DEFAULT clock_timestamp(), name text, operation text);
GRANT USAGE ON SCHEMA r36 TO PUBLIC;
CREATE FUNCTION r36.told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('r36.told', pg_current_xact_id()::text, true);
    RETURN NULL;
END $$;
CREATE FUNCTION r36.look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- Until the box is closed nobody may learn what its bidders paid and took back: it is told afterwards.
    IF TG_TABLE_NAME LIKE 'refund_payment%' AND NOT EXISTS (
        SELECT FROM public.lots WHERE id = (to_jsonb(NEW) ->> 'lot_id')::uuid
        AND participants_public_at <= public.platform_now()
    ) THEN
        RETURN NULL;
    END IF;
    IF coalesce(current_setting('r36.told', true), '') <> pg_current_xact_id()::text THEN
        INSERT INTO r36.unjournalled (name, operation) VALUES (TG_TABLE_NAME, TG_OP);
    END IF;
    RETURN NULL;
END $$;
"""
_TOLD = "CREATE TRIGGER r36_told AFTER INSERT ON {} FOR EACH STATEMENT EXECUTE FUNCTION r36.told()"
_LOOK = (
    "CREATE CONSTRAINT TRIGGER r36_look AFTER INSERT OR UPDATE OR DELETE ON {} DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION r36.look()"
)
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"


def watch(owner_dsn: str) -> list[str]:
    """Lay the triggers; returns the tables that are watched."""
    with psycopg.connect(owner_dsn) as connection:
        tables = [name for (name,) in connection.execute(_TABLES)]
        unwatched = {*MACHINERY, *DRAFTS, "alembic_version", "demo_clock"}
        watched = [name for name in tables if name not in unwatched and not name.startswith(("journal_", "blind_"))]
        connection.execute(_WATCH)
        for name in ("journal_entries", "blind_entries"):
            connection.execute(sql.SQL(_TOLD).format(sql.Identifier(name)))
        for name in watched:
            connection.execute(sql.SQL(_LOOK).format(sql.Identifier(name)))
    return watched


def unjournalled(owner_dsn: str) -> dict[str, int]:
    """Table and operation → how many rows changed without a leaf."""
    with psycopg.connect(owner_dsn) as connection:
        rows = connection.execute(
            "SELECT name || ' ' || operation, count(*) FROM r36.unjournalled GROUP BY 1 ORDER BY 1"
        )
        return {what: count for what, count in rows if what not in UNTOLD}
