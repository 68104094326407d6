#!/bin/sh
# The three logins of the platform and its database, made once when the cluster is made.
# trading_owner makes tables and nothing else, trading_app serves people, trading_sequencer orders the journal.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" -v sequencer="$SEQUENCER_PASSWORD" <<'SQL'
SET log_min_error_statement = 'panic';
CREATE ROLE trading_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD :'owner';
CREATE ROLE trading_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD :'app';
CREATE ROLE trading_sequencer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD :'sequencer';
CREATE DATABASE trading OWNER trading_owner;
REVOKE ALL ON DATABASE trading FROM PUBLIC;
GRANT CONNECT ON DATABASE trading TO trading_app, trading_sequencer;
SQL
