//! Statements on the board, the checkpoints, the lease and the freshness notes.

use std::time::Duration;

use brolly_protocol::log::LogName;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio_postgres::Row;

use super::session::{Session, field};
use super::{Result, fenced, integer, natural, size};
use crate::store::ledger::{Head, Lease, LedgerError, Posted, Said};

pub(super) async fn post(session: &mut Session, at: u64, entry: &[u8]) -> Result<Posted> {
    let digest = Sha256::digest(entry);
    session.run("begin").await?;
    let length = size(
        session,
        "select size from sizes where name = 'board' for update",
    )
    .await?;
    let known = session
        .query("select from board where digest = $1", &[&digest.as_slice()])
        .await?;
    let refused = match (known.is_empty(), length == at) {
        (false, _) => Some(Posted::Known),
        (true, false) => Some(Posted::Moved),
        (true, true) => None,
    };
    if let Some(refused) = refused {
        session.run("rollback").await?;
        return Ok(refused);
    }
    let insert = "insert into board (position, digest, entry) values ($1, $2, $3)";
    session
        .execute(insert, &[&integer(at), &digest.as_slice(), &entry])
        .await?;
    session
        .execute("update sizes set size = size + 1 where name = 'board'", &[])
        .await?;
    session.run("commit").await?;
    Ok(Posted::New)
}

/// Takes or renews the lease for `holder`, for `time` from now on by the server's clock.
pub(super) async fn lease(
    session: &mut Session,
    holder: &[u8],
    time: Duration,
) -> Result<Option<Lease>> {
    let milliseconds = integer(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    session.run("begin").await?;
    let mut rows = session.query(RENEW, &[&holder, &milliseconds]).await?;
    // While the holder publishes, its row is locked: a standby does not wait for it.
    if rows.is_empty() && !session.query(EXPIRED, &[]).await?.is_empty() {
        rows = session.query(TAKE, &[&holder, &milliseconds]).await?;
    }
    session.run("commit").await?;
    rows.first()
        .map(|row| Ok(Lease::new(natural(field(row, 0)?)?)))
        .transpose()
}

pub(super) async fn entries(
    session: &mut Session,
    log: LogName,
    from: u64,
    limit: usize,
) -> Result<Vec<Bytes>> {
    let sql = match log {
        LogName::Reports => REPORTS,
        LogName::Board => BOARD,
    };
    let to = integer(from).saturating_add(integer(limit));
    let rows = session.query(sql, &[&integer(from), &to]).await?;
    let mut entries = Vec::with_capacity(rows.len());
    for (row, expected) in rows.iter().zip(from..) {
        if natural(field(row, 0)?)? != expected {
            return Err(LedgerError::Malformed);
        }
        entries.push(Bytes::copy_from_slice(field(row, 1)?));
    }
    Ok(entries)
}

pub(super) async fn head(session: &mut Session, log: LogName) -> Result<Option<Head>> {
    let head = "select size, note from heads where log = $1";
    note(&session.one(head, &[&log.as_str()]).await?)
}

pub(super) async fn witnessed(session: &mut Session, log: LogName) -> Result<Option<Head>> {
    let witnessed = "select witnessed_size, witnessed_note from heads where log = $1";
    note(&session.one(witnessed, &[&log.as_str()]).await?)
}

/// Replaces the head of size `before`. Finding it done is as good.
pub(super) async fn publish(
    session: &mut Session,
    lease: Lease,
    log: LogName,
    before: Option<u64>,
    head: &Head,
) -> Result<()> {
    session.run("begin").await?;
    fenced(session, lease).await?;
    let lock = "select size, note from heads where log = $1 for update";
    let now = note(&session.one(lock, &[&log.as_str()]).await?)?;
    if now.as_ref().is_some_and(|now| same(now, head)) {
        return session.run("rollback").await;
    }
    let assigned = assigned(session, log).await?;
    if now.map(|now| now.size) != before || head.size > assigned || before > Some(head.size) {
        return Err(LedgerError::OtherHead(log));
    }
    let update = "update heads set size = $2, note = $3 where log = $1";
    let (size, note) = (integer(head.size), head.note.as_ref());
    session
        .execute(update, &[&log.as_str(), &size, &note])
        .await?;
    session.run("commit").await
}

pub(super) async fn assigned(session: &mut Session, log: LogName) -> Result<u64> {
    let sizes = "select size from sizes where name = $1";
    natural(field(&session.one(sizes, &[&log.as_str()]).await?, 0)?)
}

/// Puts `to` in the place of `from`. If this may have been done already, finding it done is good.
pub(super) async fn cosign(
    session: &mut Session,
    log: LogName,
    from: &Head,
    to: &Head,
    majority: bool,
) -> Result<bool> {
    if from.size != to.size {
        return Ok(false);
    }
    let (size, log) = (integer(from.size), log.as_str());
    let (from, to) = (from.note.as_ref(), to.note.as_ref());
    let sql = if majority { COSIGN_MAJORITY } else { COSIGN };
    let changed = session.execute(sql, &[&log, &size, &from, &to]).await?;
    if changed > 0 || !session.again {
        return Ok(changed > 0);
    }
    let done = "select from heads where log = $1 and size = $2 and note = $3";
    Ok(!session.query(done, &[&log, &size, &to]).await?.is_empty())
}

pub(super) async fn said(session: &mut Session) -> Result<Said> {
    let row = session
        .one("select newest, complete from said", &[])
        .await?;
    let note = |column| {
        let note: Option<&[u8]> = field(&row, column)?;
        Ok::<_, LedgerError>(note.map(Bytes::copy_from_slice))
    };
    Ok(Said {
        newest: note(0)?,
        complete: note(1)?,
    })
}

/// Puts `to` in the place of `from`. If this may have been done already, finding it done is good.
pub(super) async fn say(
    session: &mut Session,
    from: Option<&Bytes>,
    to: &Bytes,
    complete: bool,
) -> Result<bool> {
    let (from, to) = (from.map(AsRef::<[u8]>::as_ref), to.as_ref());
    let sql = if complete { SAY_COMPLETE } else { SAY };
    let changed = session.execute(sql, &[&from, &to]).await?;
    if changed > 0 || !session.again {
        return Ok(changed > 0);
    }
    let done = "select from said where newest = $1";
    Ok(!session.query(done, &[&to]).await?.is_empty())
}

/// The same checkpoint; cosignatures stand below the empty line.
fn same(one: &Head, other: &Head) -> bool {
    let text = |head: &Head| {
        let end = head.note.windows(2).position(|two| two == b"\n\n");
        head.note.slice(..end.unwrap_or(head.note.len()))
    };
    one.size == other.size && text(one) == text(other)
}

fn note(row: &Row) -> Result<Option<Head>> {
    match (
        field::<Option<i64>>(row, 0)?,
        field::<Option<&[u8]>>(row, 1)?,
    ) {
        (None, None) => Ok(None),
        (Some(size), Some(note)) => Ok(Some(Head {
            size: natural(size)?,
            note: Bytes::copy_from_slice(note),
        })),
        _ => Err(LedgerError::Malformed),
    }
}

const RENEW: &str = "
    update lease set expires = clock_timestamp() + $2::bigint * interval '1 millisecond'
    where holder = $1 returning fence";

const EXPIRED: &str = "
    select from lease where expires <= clock_timestamp() for update skip locked";

const TAKE: &str = "
    update lease set holder = $1, fence = fence + 1,
        expires = clock_timestamp() + $2::bigint * interval '1 millisecond'
    returning fence";

const REPORTS: &str = "
    select position, entry from positions join cells using (number)
    where position >= $1 and position < $2 order by position";

const BOARD: &str = "
    select position, entry from board where position >= $1 and position < $2 order by position";

const SAY: &str = "
    update said set newest = $2 where newest is not distinct from $1::bytea";

const SAY_COMPLETE: &str = "
    update said set newest = $2, complete = $2 where newest is not distinct from $1::bytea";

const COSIGN: &str = "
    update heads set note = $4 where log = $1 and size = $2 and note = $3";

const COSIGN_MAJORITY: &str = "
    update heads set note = $4, witnessed_size = $2, witnessed_note = $4
    where log = $1 and size = $2 and note = $3";
