-- Two databases on one server, each with an owner of its own. The image of postgres runs this once, on an empty volume;
-- on another server a superuser runs it with psql, WAREHOUSE_PASSWORD and DAGSTER_PASSWORD set in the environment.
\set ON_ERROR_STOP on
\getenv warehouse_password WAREHOUSE_PASSWORD
\getenv dagster_password DAGSTER_PASSWORD

-- The warehouse's owner makes the role that only reads, with the password that the settings give it.
create role user_activity login createrole password :'warehouse_password';
create database warehouse owner user_activity;

create role dagster login password :'dagster_password';
create database dagster owner dagster;

-- Who may read the warehouse has no business among Dagster's runs.
revoke connect, temporary on database dagster from public;
revoke temporary on database warehouse from public;
