//! The tables, made and brought up to date by whoever starts first.

use brolly_protocol::node::SchemeId;

use super::session::{Session, field};
use super::{Result, Unfit};

/// Makes the tables of the ledger of `scheme`, or changes older ones to what this program needs.
pub(super) async fn prepare(session: &mut Session, scheme: SchemeId) -> Result<()> {
    session.run("begin").await?;
    // Many may start at the same time: one after the other.
    session
        .query("select pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    session.run(FIRST).await?;
    let rows = session
        .query("select version, scheme from ledger", &[])
        .await?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let done = match rows.first() {
        None => {
            let insert = "insert into ledger (version, scheme) values (0, $1)";
            session.execute(insert, &[&scheme.0.as_slice()]).await?;
            0
        }
        Some(row) => {
            let (version, owner): (i64, &[u8]) = (field(row, 0)?, field(row, 1)?);
            if owner != scheme.0 {
                return Err(Unfit::OtherScheme.into());
            }
            version
        }
    };
    if !(0..=known).contains(&done) {
        return Err(Unfit::Newer.into());
    }
    for step in STEPS.iter().skip(usize::try_from(done).unwrap_or_default()) {
        session.run(step).await?;
    }
    session
        .execute("update ledger set version = $1", &[&known])
        .await?;
    session.run("commit").await
}

/// "Brolly", as the number of the advisory lock.
const LOCK: i64 = 0x4272_6f6c_6c79;

const FIRST: &str = "
    create schema if not exists brolly;
    create table if not exists ledger (
        version bigint not null,
        scheme bytea not null,
        one boolean primary key default true check (one)
    );";

/// Step `n` makes version `n` from the one before. A step that was once released never changes.
const STEPS: [&str; 2] = [FIRST_TABLES, TOKENS_AND_FRESHNESS];

const FIRST_TABLES: &str = "
    create table sizes (
        name text primary key,
        size bigint not null check (size >= 0)
    );
    insert into sizes values ('admitted', 0), ('reports', 0), ('board', 0);

    -- body: 0 kept, 1 being pruned, 2 gone.
    create table cells (
        number bigint primary key check (number > 0),
        entry bytea not null unique check (octet_length(entry) = 48),
        week bigint not null,
        body smallint not null default 0 check (body between 0 and 2)
    );
    create index cells_by_week on cells (week) where body < 2;

    create table positions (
        position bigint primary key check (position >= 0),
        number bigint not null unique
    );

    create table board (
        position bigint primary key check (position >= 0),
        digest bytea not null unique check (octet_length(digest) = 32),
        entry bytea not null
    );

    create table heads (
        log text primary key,
        size bigint,
        note bytea,
        witnessed_size bigint,
        witnessed_note bytea
    );
    insert into heads (log) values ('reports'), ('board');

    create table lease (
        holder bytea,
        fence bigint not null,
        expires timestamptz not null,
        one boolean primary key default true check (one)
    );
    insert into lease (fence, expires) values (0, '-infinity');
";

const TOKENS_AND_FRESHNESS: &str = "
    create table spent (
        period bigint not null check (period >= 0),
        tag bytea not null check (octet_length(tag) = 16),
        primary key (period, tag)
    );
    create index spent_by_tag on spent (tag);

    create table said (
        newest bytea,
        complete bytea,
        one boolean primary key default true check (one)
    );
    insert into said default values;
";
