//! What an object store has to do before anything is entrusted to it.

use brolly_shell::random;
use bytes::Bytes;
use object_store::client::HttpError;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use rand::Rng;

use super::S3Error;

/// Puts, gets, lists and deletes objects of its own, and believes nothing that it did not see.
///
/// # Errors
/// [`S3Error::Misbehaves`] with what it does not do; [`S3Error::Away`] if it does not answer.
pub async fn probe(store: &dyn ObjectStore) -> Result<(), S3Error> {
    let mut draw = [0; 8];
    random::system().fill_bytes(&mut draw);
    let folder = Path::from(format!("probe/{:016x}", u64::from_be_bytes(draw)));
    let probe = Probe {
        store,
        kept: folder.clone().join("kept"),
        never: folder.clone().join("never"),
        folder,
    };
    let done = probe.run().await;
    if done.is_err() {
        // What it refuses to delete tells nothing: random bytes.
        let _ = store.delete(&probe.kept).await;
    }
    done
}

struct Probe<'s> {
    store: &'s dyn ObjectStore,
    folder: Path,
    kept: Path,
    never: Path,
}

impl Probe<'_> {
    async fn run(&self) -> Result<(), S3Error> {
        let mut object = vec![0; LENGTH];
        random::system().fill_bytes(&mut object);
        let object = Bytes::from(object);

        self.absent(&self.never, "says that it has an object that was never put")
            .await?;
        self.put(&object).await?;
        self.holds(&object, "does not give back what was just put")
            .await?;
        self.part(&object).await?;
        self.put(&object).await?;
        self.holds(
            &object,
            "changes an object when the same bytes are put again",
        )
        .await?;
        self.listed(&[LENGTH], "does not list what it holds")
            .await?;
        self.store
            .delete(&self.kept)
            .await
            .map_err(|error| away(error, "does not delete"))?;
        self.absent(&self.kept, "still gives what was deleted")
            .await?;
        self.listed(&[], "still lists what was deleted").await
    }

    async fn put(&self, object: &Bytes) -> Result<(), S3Error> {
        let payload = PutPayload::from_bytes(object.clone());
        let put = self.store.put(&self.kept, payload).await;
        put.map(drop)
            .map_err(|error| away(error, "does not keep what is put"))
    }

    async fn holds(&self, object: &Bytes, otherwise: &'static str) -> Result<(), S3Error> {
        let got = async { self.store.get(&self.kept).await?.bytes().await };
        let got = got.await.map_err(|error| away(error, otherwise))?;
        (got == object)
            .then_some(())
            .ok_or(S3Error::Misbehaves(otherwise))
    }

    async fn part(&self, object: &Bytes) -> Result<(), S3Error> {
        let otherwise = "does not give a part of an object";
        let got = self.store.get_range(&self.kept, PART).await;
        let got = got.map_err(|error| away(error, otherwise))?;
        let (from, to) = (PART.start, PART.end);
        let expected = usize::try_from(from).ok().zip(usize::try_from(to).ok());
        let expected = expected.and_then(|(from, to)| object.get(from..to));
        (expected == Some(got.as_ref()))
            .then_some(())
            .ok_or(S3Error::Misbehaves(otherwise))
    }

    async fn listed(&self, sizes: &[usize], otherwise: &'static str) -> Result<(), S3Error> {
        let listed = self.store.list_with_delimiter(Some(&self.folder)).await;
        let listed = listed.map_err(|error| away(error, otherwise))?;
        let found: Vec<_> = listed
            .objects
            .iter()
            .map(|object| (&object.location, object.size))
            .collect();
        let expected: Vec<_> = sizes
            .iter()
            .map(|size| (&self.kept, u64::try_from(*size).unwrap_or(u64::MAX)))
            .collect();
        (found == expected && listed.common_prefixes.is_empty())
            .then_some(())
            .ok_or(S3Error::Misbehaves(otherwise))
    }

    async fn absent(&self, path: &Path, otherwise: &'static str) -> Result<(), S3Error> {
        match self.store.get(path).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            Ok(_) => Err(S3Error::Misbehaves(otherwise)),
            Err(error) => Err(away(error, otherwise)),
        }
    }
}

fn away(error: object_store::Error, what: &'static str) -> S3Error {
    use object_store::Error;
    if let Error::PermissionDenied { .. } | Error::Unauthenticated { .. } = error {
        return S3Error::NotAllowed;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if inner.is::<HttpError>() {
            return S3Error::Away(error.into());
        }
        cause = inner.source();
    }
    S3Error::Refuses { what, cause: error }
}

/// As large as a delivered cell.
const LENGTH: usize = brolly_protocol::geometry::DELIVERED;
const PART: std::ops::Range<u64> = 1000..1300;
