//! What officers do, by the commands that they would type, and what the umbrella holds.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use brolly_keys::blind::IssuerSecret;
use brolly_protocol::token::period;
use brolly_shell::{clock, keyfile};

use super::{PASSPHRASE, Scheme, command, succeeded};

impl Scheme {
    /// The key that the issuer signs tokens with now, from its key file.
    ///
    /// # Errors
    /// It is not there.
    pub fn issuer(&self) -> io::Result<IssuerSecret> {
        let file = self.folder.join("scheme/relays/middle/identity.key");
        let keys = keyfile::read(&file, PASSPHRASE.as_bytes()).map_err(io::Error::other)?;
        let directory = self.founding()?;
        let primes = period::current(&directory.issuer.keys, clock::now())
            .and_then(|issuer| keys.issuer(issuer.period))
            .ok_or_else(|| io::Error::other("the issuer has no key for now"))?;
        IssuerSecret::from_primes(primes).map_err(io::Error::other)
    }

    /// Runs `brolly-keys`.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn ceremony(&self, arguments: &[&str]) -> io::Result<Output> {
        command(self.binaries.path("brolly-keys"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
    }

    /// The next version: drafted from `from`, `change` made to its text, signed by `officers`, put together and handed in at
    /// the inbox. Gives the signed note.
    ///
    /// # Errors
    /// A step fails.
    pub fn next_version(
        &self,
        from: &Path,
        change: impl Fn(&str) -> String,
        officers: &[&str],
    ) -> io::Result<PathBuf> {
        let made = tempfile::Builder::new()
            .prefix("version-")
            .tempdir_in(&self.folder)?
            .keep();
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let (from, passphrase) = (text(from), text(&self.folder.join("passphrase")));
        let run = |what: &str, arguments: &[&str]| {
            let arguments = [&["directory", what], arguments].concat();
            succeeded(
                &format!("brolly-keys directory {what}"),
                &self.ceremony(&arguments)?,
            )
        };
        let draft = text(&made.join("draft.toml"));
        run("draft", &["--from", &from, "--out", &draft])?;
        let changed = change(&fs::read_to_string(&draft)?);
        fs::write(&draft, changed)?;
        let mut signed = Vec::new();
        for officer in officers {
            let key = text(&self.folder.join(format!("scheme/officers/{officer}.key")));
            let out = text(&made.join(format!("{officer}.note")));
            run(
                "sign",
                &[
                    &draft,
                    "--from",
                    &from,
                    "--key",
                    &key,
                    "--passphrase-file",
                    &passphrase,
                    "--yes",
                    "--out",
                    &out,
                ],
            )?;
            signed.push(out);
        }
        let whole = text(&made.join("directory.note"));
        let mut arguments: Vec<&str> = signed.iter().map(String::as_str).collect();
        arguments.extend(["--from", &from, "--out", &whole]);
        run("combine", &arguments)?;
        run("publish", &[&whole, "--directory", &from])?;
        Ok(PathBuf::from(whole))
    }
}
