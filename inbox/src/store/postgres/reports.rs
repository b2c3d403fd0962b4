//! Statements on sealed cells: admission and what is spent for it, positions, pruning.

use std::collections::{BTreeMap, BTreeSet};

use brolly_keys::epoch::Epoch;
use brolly_protocol::log::Entry;

use super::session::{Session, field};
use super::{Result, fenced, integer, natural, size};
use crate::store::ledger::{Admission, Lease, LedgerError, Spent};

pub(super) async fn known(session: &mut Session, entries: &[Entry]) -> Result<BTreeSet<Entry>> {
    let asked: Vec<_> = entries.iter().map(|entry| entry.to_bytes()).collect();
    let asked: Vec<&[u8]> = asked.iter().map(|entry| entry.as_slice()).collect();
    let rows = session
        .query("select entry from cells where entry = any($1)", &[&asked])
        .await?;
    rows.iter().map(|row| entry(field(row, 0)?)).collect()
}

pub(super) async fn spent(session: &mut Session, tokens: &[Spent]) -> Result<BTreeSet<Spent>> {
    let tags: Vec<&[u8]> = tokens.iter().map(|token| token.tag.as_slice()).collect();
    let asked = "select period, tag from spent where tag = any($1)";
    let rows = session.query(asked, &[&tags]).await?;
    let read = |row| {
        let period = u32::try_from(field::<i64>(row, 0)?).map_err(|_| LedgerError::Malformed)?;
        let tag = field::<&[u8]>(row, 1)?.try_into();
        let tag = tag.map_err(|_| LedgerError::Malformed)?;
        Ok(Spent { period, tag })
    };
    rows.iter().map(read).collect()
}

/// One admission after the other: whoever has the row of the last number has the next ones, until they are committed.
pub(super) async fn admit(session: &mut Session, cells: &[Admission]) -> Result<u64> {
    let (mut seen, mut paid) = (BTreeSet::new(), BTreeSet::new());
    let cells: Vec<_> = cells
        .iter()
        // Of two equal entries both have one token, so that an entry which is known takes it from no other.
        .filter(|cell| seen.insert(cell.entry) && cell.token.is_none_or(|token| paid.insert(token)))
        .map(|cell| (cell.entry.to_bytes(), cell))
        .collect();
    let entries: Vec<&[u8]> = cells.iter().map(|(entry, _)| entry.as_slice()).collect();
    let weeks: Vec<i64> = cells
        .iter()
        .map(|(_, cell)| i64::from(cell.week.number()))
        .collect();
    let tokens = || cells.iter().map(|(_, cell)| cell.token.as_ref());
    let periods: Vec<Option<i64>> = tokens()
        .map(|token| token.map(|token| i64::from(token.period)))
        .collect();
    let tags: Vec<Option<&[u8]>> = tokens()
        .map(|token| token.map(|token| token.tag.as_slice()))
        .collect();
    session.run("begin").await?;
    // A statement of its own: what comes after it sees all that was committed before the row was free.
    let last = size(
        session,
        "select size from sizes where name = 'admitted' for update",
    )
    .await?;
    let new = session
        .execute(ADMIT, &[&integer(last), &entries, &weeks, &periods, &tags])
        .await?;
    if new == 0 {
        session.run("rollback").await?;
        return Ok(0);
    }
    let last = integer(last.saturating_add(new));
    session
        .execute(
            "update sizes set size = $1 where name = 'admitted'",
            &[&last],
        )
        .await?;
    session.run("commit").await?;
    Ok(new)
}

pub(super) async fn after(
    session: &mut Session,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, Entry)>> {
    let (after, limit) = (integer(after), integer(limit));
    numbered(session, AFTER, &[&after, &limit]).await
}

/// Gives what waits its positions; says how many entries have one.
pub(super) async fn assign(
    session: &mut Session,
    lease: Lease,
    shuffle: &mut (dyn FnMut(&mut [Entry]) + Send),
) -> Result<u64> {
    session.run("begin").await?;
    fenced(session, lease).await?;
    let from = size(
        session,
        "select size from sizes where name = 'reports' for update",
    )
    .await?;
    let to = size(session, "select size from sizes where name = 'admitted'").await?;
    let mut numbers = BTreeMap::new();
    let mut waiting = Vec::new();
    let mut last = from;
    while last < to {
        let (after, upto) = (integer(last), integer(to.min(last.saturating_add(CHUNK))));
        let rows = session.query(WAITING, &[&after, &upto]).await?;
        for row in &rows {
            let (number, entry) = (field::<i64>(row, 0)?, entry(field(row, 1)?)?);
            waiting.push(entry);
            numbers.insert(entry, number);
        }
        last = natural(upto)?;
    }
    if u64::try_from(numbers.len()) != Ok(to.saturating_sub(from)) {
        return Err(LedgerError::Malformed);
    }
    if waiting.is_empty() {
        session.run("rollback").await?;
        return Ok(from);
    }
    shuffle(&mut waiting);
    let shuffled = waiting.iter().map(|entry| numbers.get(entry).copied());
    let shuffled: Vec<i64> = shuffled
        .collect::<Option<_>>()
        .ok_or(LedgerError::Malformed)?;
    let mut position = integer(from);
    for chunk in shuffled.chunks(CHUNK_LENGTH) {
        session.execute(POSITION, &[&position, &chunk]).await?;
        position = position.saturating_add(integer(chunk.len()));
    }
    session
        .execute(
            "update sizes set size = $1 where name = 'reports'",
            &[&integer(to)],
        )
        .await?;
    session.run("commit").await?;
    Ok(to)
}

pub(super) async fn expired(
    session: &mut Session,
    before: Epoch,
    limit: usize,
) -> Result<Vec<(u64, Entry)>> {
    let (before, limit) = (i64::from(before.number()), integer(limit));
    numbered(session, EXPIRED, &[&before, &limit]).await
}

async fn numbered(
    session: &mut Session,
    sql: &'static str,
    values: super::session::Values<'_>,
) -> Result<Vec<(u64, Entry)>> {
    let rows = session.query(sql, values).await?;
    rows.iter()
        .map(|row| Ok((natural(field(row, 0)?)?, entry(field(row, 1)?)?)))
        .collect()
}

fn entry(bytes: &[u8]) -> Result<Entry> {
    Entry::from_bytes(bytes).ok_or(LedgerError::Malformed)
}

const ADMIT: &str = "
    with new as (
        select * from unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::bytea[])
            with ordinality as came (entry, week, period, tag, at)
        where not exists (select from cells where cells.entry = came.entry)
        and not exists (select from spent where (spent.period, spent.tag) = (came.period, came.tag))
    ), paid as (
        insert into spent (period, tag) select period, tag from new where tag is not null
    )
    insert into cells (number, entry, week)
    select $1 + row_number() over (order by at), entry, week from new";

const AFTER: &str = "
    select number, entry from cells where number > $1 and body = 0 order by number limit $2";

const WAITING: &str = "
    select number, entry from cells where number > $1 and number <= $2 order by number";

const POSITION: &str = "
    insert into positions (position, number)
    select $1 + at - 1, number from unnest($2::bigint[]) with ordinality as shuffled (number, at)";

const EXPIRED: &str = "
    select number, entry from cells where week < $1 and body < 2 order by week limit $2";

/// Entries a statement.
const CHUNK: u64 = 10_000;
const CHUNK_LENGTH: usize = 10_000;
