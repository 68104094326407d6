"""Words of published notices, so that the public finds them: one-character and two-character pieces, and the text itself.

Revision ID: 0016
Revises: 0015
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# One definition for what is kept and for what is asked. What is no word is named, because the classes of regular
# expressions depend on the database's locale.
FUNCTIONS = r"""
CREATE FUNCTION search_text(content text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT lower(normalize(content, NFKC))
$$;
CREATE FUNCTION search_pieces(content text, sought boolean) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  WITH characters AS (
    SELECT c, n, c !~ '[\s!-/:-@\[-`{-~、。，；：？！（）《》〈〉「」『』〔〕【】“”‘’—…·～]' AS is_word
    FROM regexp_split_to_table(search_text(content), '') WITH ORDINALITY AS split (c, n)
  ), beside AS (
    SELECT c, is_word, lead(c) OVER (ORDER BY n) AS next, coalesce(lead(is_word) OVER (ORDER BY n), false) AS goes_on,
      coalesce(lag(is_word) OVER (ORDER BY n), false) AS began FROM characters
  )
  SELECT coalesce(array_agg(DISTINCT piece), '{}') FROM (
    SELECT c || next AS piece FROM beside WHERE is_word AND goes_on
    UNION ALL SELECT c FROM beside WHERE is_word AND NOT (sought AND (goes_on OR began))
  ) AS pieces
$$;
COMMENT ON FUNCTION search_pieces IS
  'Kept: every character and every two beside each other. Sought: the pairs, and characters that stand alone.';
CREATE FUNCTION search_query(sought text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CAST(string_agg('''' || piece || '''', ' & ') AS tsquery) FROM unnest(search_pieces(sought, true)) AS piece
$$;
"""

TABLE = r"""
CREATE TABLE notice_words (
  notice_id uuid CONSTRAINT pk_notice_words PRIMARY KEY CONSTRAINT fk_notice_words_notice_id REFERENCES notices (id),
  published_at timestamptz NOT NULL,
  region text COLLATE "C" NOT NULL,
  content text NOT NULL,
  words tsvector NOT NULL
);
CREATE INDEX ix_notice_words_published_at_notice_id ON notice_words (published_at, notice_id);
CREATE INDEX ix_notice_words_words ON notice_words USING gin (words);
GRANT SELECT, INSERT ON notice_words TO trading_app;

-- Everything a notice says but ids and dates; a line each, so that no word is found across two of them.
CREATE FUNCTION notice_content(title text, body jsonb) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT search_text(title || E'\n' || coalesce(string_agg(said #>> '{}', E'\n'), '')) FROM jsonb_path_query(body,
    'strict $.** ? (@.type() == "string" && !(@ like_regex "^[0-9a-f]{8}-[0-9a-f]{4}-") && !(@ like_regex "^\\d{4}-\\d\\d-\\d\\d(T|$)"))'
  ) AS said
$$;
CREATE FUNCTION notices_index_published() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE said text := notice_content(NEW.title, NEW.body);
BEGIN
  INSERT INTO notice_words (notice_id, published_at, region, content, words)
  VALUES (NEW.id, NEW.published_at, NEW.region, said, array_to_tsvector(search_pieces(said, false)))
  ON CONFLICT (notice_id) DO NOTHING;  -- what is published is never changed
  RETURN NULL;
END $$;
CREATE TRIGGER notices_index_published AFTER INSERT OR UPDATE ON notices FOR EACH ROW
  WHEN (NEW.state = 'published') EXECUTE FUNCTION notices_index_published();
INSERT INTO notice_words (notice_id, published_at, region, content, words)
  SELECT id, published_at, region, said, array_to_tsvector(search_pieces(said, false))
  FROM notices, notice_content(title, body) AS said WHERE state = 'published';
"""


def upgrade() -> None:
    for statements in (FUNCTIONS, TABLE):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
