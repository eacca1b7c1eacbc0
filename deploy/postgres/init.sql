-- Two databases on one server, each with its own owner. The postgres image runs this once, on an empty volume. On
-- another server, run it with psql as a superuser, with WAREHOUSE_PASSWORD and DAGSTER_PASSWORD in the environment.
\set ON_ERROR_STOP on
\getenv warehouse_password WAREHOUSE_PASSWORD
\getenv dagster_password DAGSTER_PASSWORD

-- The warehouse's owner creates the read-only role, with the password from the settings.
create role user_activity login createrole password :'warehouse_password';
create database warehouse owner user_activity;

create role dagster login password :'dagster_password';
create database dagster owner dagster;

-- Readers of the warehouse must not connect to Dagster's database.
revoke connect, temporary on database dagster from public;
revoke temporary on database warehouse from public;
