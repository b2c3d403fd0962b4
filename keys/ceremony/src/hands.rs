//! A key file in several hands: split it among people, and put it back under one passphrase.

use std::io::Write;
use std::path::{Path, PathBuf};

use brolly_keys::file::{Cost, Header, KeyFile, Kind, Lock};
use brolly_keys::share::file::ShareHeader;
use brolly_keys::share::{self, Share, SharedKey};
use brolly_shell::cli::Failure;
use brolly_shell::passphrase;
use brolly_shell::shares::{self, title};
use brolly_shell::{keyfile, private, random};
use clap::Args;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::command::{json, patiently};
use crate::folder::{self, Entry};
use crate::inspect::harmless;

/// What to split, and among how many.
#[derive(Debug, Args)]
pub struct Split {
    /// How many shares open the key file
    #[arg(long, value_name = "NUMBER")]
    threshold: u8,
    /// How many shares to make, one for each holder
    #[arg(long, value_name = "NUMBER")]
    shares: u8,
    /// The key file of a desk or an officer; it is left as it is
    #[arg(value_name = "KEYFILE")]
    key_file: PathBuf,
    /// The folder to make; it must not exist yet, or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The name of a holder, to be read in the share; give one for each share, in order
    #[arg(long = "holder", value_name = "NAME")]
    holders: Vec<String>,
    /// Take the key file's passphrase from this file (mode 0600) instead of asking for it
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Seal the shares under the passphrase in this file instead of asking the holders; give one for all, or one for each
    #[arg(long = "share-passphrase-file", value_name = "FILE")]
    share_passphrase_files: Vec<PathBuf>,
    /// Print one JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// What to put together.
#[derive(Debug, Args)]
pub struct Join {
    /// A share file; give as many as are needed
    #[arg(long = "share", value_name = "FILE")]
    shares: Vec<PathBuf>,
    /// The key file that they open
    #[arg(value_name = "KEYFILE")]
    key_file: PathBuf,
    /// The key file to make, under one passphrase; it must not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Take the shares' passphrases from these files instead of asking the holders; give one for all, or one for each
    #[arg(long = "share-passphrase-file", value_name = "FILE")]
    share_passphrase_files: Vec<PathBuf>,
    /// Take the new key file's passphrase from this file (mode 0600) instead of asking for it
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// What was made of a key file.
#[derive(Debug, Serialize)]
struct Parts {
    kind: String,
    name: String,
    from: PathBuf,
    out: PathBuf,
    threshold: u8,
    shares: u8,
    files: Vec<PathBuf>,
    #[serde(skip)]
    holders: Vec<String>,
}

impl Split {
    /// Splits, and says what to do with the parts. Everything that can be refused is refused before anything is written.
    ///
    /// # Errors
    /// [`Failure`]; then nothing was written.
    pub fn run(&self, progress: &mut dyn Write) -> Result<String, Failure> {
        let rng = &mut random::system();
        let (key, shares) =
            share::split(self.threshold, self.shares, rng).map_err(Failure::usage)?;
        self.matched()?;
        folder::check(&self.out)?;
        let header = keyfile::header(&self.key_file)?;
        self.splittable(&header)?;
        let prompt = format!("Passphrase of {}: ", self.key_file.display());
        let passphrase = passphrase::read(self.passphrase_file.as_deref(), &prompt)?;
        let file = keyfile::read(&self.key_file, &passphrase)?;

        let stem = self.key_file.file_stem().unwrap_or_default();
        let stem = stem.to_string_lossy();
        let sealed = file.encrypt_shared(&key, rng).map_err(Failure::failed)?;
        let mut files = vec![Entry::new(format!("{stem}.key"), &sealed)];
        let mut opened = Vec::with_capacity(shares.len());
        for (at, share) in shares.iter().enumerate() {
            let holder = self.holders.get(at).map(String::as_str);
            let header = ShareHeader::new(file.header(), &key, share, holder.unwrap_or_default());
            let passphrase = self.passphrase(at, &header, progress)?;
            let bytes = share
                .encrypt(&header, &passphrase, Cost::STANDARD, rng)
                .map_err(Failure::usage)?;
            opened.push(Share::decrypt(&bytes, &passphrase).map_err(Failure::failed)?);
            let path = format!("{stem}-share-{}.key", share.number());
            files.push(Entry::new(path, &bytes));
        }
        proven(&key, &opened, &sealed)?;
        folder::create(&self.out, &files)?;
        let parts = Parts {
            kind: header.kind.to_string(),
            name: harmless(&header.name),
            from: self.key_file.clone(),
            out: self.out.clone(),
            threshold: self.threshold,
            shares: self.shares,
            files: files.iter().map(|file| file.path().to_owned()).collect(),
            holders: self.holders.iter().map(|name| harmless(name)).collect(),
        };
        match self.json {
            true => json(&parts),
            false => Ok(parts.words()),
        }
    }

    fn matched(&self) -> Result<(), Failure> {
        let shares = self.shares;
        let wanted = usize::from(shares);
        if !self.holders.is_empty() && self.holders.len() != wanted {
            return Err(Failure::usage(format!(
                "{} names for {shares} shares: give --holder once for each share, or not at all",
                self.holders.len()
            )));
        }
        Ok(shares::matched(&self.share_passphrase_files, wanted)?)
    }

    fn splittable(&self, header: &Header) -> Result<(), Failure> {
        let path = self.key_file.display();
        if header.lock != Lock::Passphrase {
            return Err(Failure::refused(format!(
                "{path} is in several hands already: put it together with `brolly-keys join` first"
            )));
        }
        match header.kind {
            Kind::Desk | Kind::Officer => Ok(()),
            kind @ (Kind::Relay | Kind::Inbox | _) => Err(Failure::refused(format!(
                "{path} holds the keys of {kind} {}, which has to start with nobody there: only the key file of a desk or an officer can be split",
                harmless(&header.name)
            ))),
        }
    }

    fn passphrase(
        &self,
        at: usize,
        header: &ShareHeader,
        progress: &mut dyn Write,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let files = &self.share_passphrase_files;
        if let Some(file) = files.get(at).or(files.first()) {
            return Ok(passphrase::read(Some(file), "")?);
        }
        let prompt = format!("New passphrase for {}: ", title(header));
        Ok(patiently(|| passphrase::choose(&prompt), progress)?)
    }
}

/// Checks that what is about to be written opens again, with the first shares and with the last.
fn proven(key: &SharedKey, shares: &[Share], sealed: &[u8]) -> Result<(), Failure> {
    let needed = usize::from(key.set().threshold());
    let last = shares.len().saturating_sub(needed);
    let (first, last) = (shares.get(..needed), shares.get(last..));
    for some in [first, last].into_iter().flatten() {
        let joined = key.set().join(some).map_err(Failure::failed)?;
        KeyFile::decrypt_shared(sealed, &joined).map_err(Failure::failed)?;
    }
    Ok(())
}

impl Join {
    /// Puts the key file back under one passphrase.
    ///
    /// # Errors
    /// [`Failure`], which names the share that is wrong; then nothing was written.
    pub fn run(&self, progress: &mut dyn Write) -> Result<String, Failure> {
        if self.out.symlink_metadata().is_ok() {
            return Err(private::PrivateError::Exists(self.out.clone()).into());
        }
        let (file, _) = shares::open(&self.key_file, &self.shares, &self.share_passphrase_files)?;
        let passphrase = match &self.passphrase_file {
            Some(file) => passphrase::read(Some(file), "")?,
            None => {
                let prompt = format!("New passphrase for {}: ", self.out.display());
                patiently(|| passphrase::choose(&prompt), progress)?
            }
        };
        keyfile::create(&self.out, &file, &passphrase)?;
        Ok(self.words(file.header()))
    }

    fn words(&self, header: &Header) -> String {
        format!(
            "Put the keys of the {} {} together in {}, under one passphrase.\n\n\
             Next:\n  \
             - whoever has this file and its passphrase needs nobody else: split it again, or keep it locked away\n  \
             - {} and its shares still open as before: destroy them if they are not to\n",
            header.kind,
            harmless(&header.name),
            self.out.display(),
            self.key_file.display(),
        )
    }
}

impl Parts {
    fn words(&self) -> String {
        let Self {
            kind,
            name,
            threshold,
            shares,
            ..
        } = self;
        let mut text = format!(
            "Split the keys of the {kind} {name}: any {threshold} of {shares} shares open them.\n"
        );
        for (at, file) in self.files.iter().enumerate() {
            let path = self.out.join(file);
            let what = match at.checked_sub(1) {
                None => format!("the key file, which opens with {threshold} of the shares"),
                Some(n) => match self.holders.get(n) {
                    Some(holder) => format!("the share of {holder}"),
                    None => "a share".to_owned(),
                },
            };
            text.push_str(&format!("  {}   {what}\n", path.display()));
        }
        let from = self.from.display();
        let key_file = self.named(0);
        let lost = shares - threshold + 1;
        let most = lost - 1;
        text.push_str(&format!(
            "\nNext:\n  \
             - put {key_file} where {from} was{}\n  \
             - each holder takes one share away, on a stick of their own, and keeps a copy in a second place; nobody keeps two\n  \
             - try it: open the key file with {threshold} shares\n  \
             - then destroy {from} and every copy of it: with its passphrase it still opens without anybody's share\n\n\
             What a loss means:\n  \
             - {}\n  \
             - {lost} shares or more, or their passphrases: nobody can open the key file again\n  \
             - a stolen share opens nothing, fewer than {threshold} of them tell nothing; {threshold} stolen ones with their passphrases and the key file open everything\n  \
             - the key file: without it the shares open nothing; back it up as before\n",
            match kind.as_str() {
                "desk" => ", and name the shares in desk.toml (`shares = [\"…\", \"…\"]`) or with --share",
                _ => "",
            },
            match most {
                0 => "no share may get lost: all are needed".to_owned(),
                1 => format!("1 lost share: {STILL}"),
                most => format!("up to {most} lost shares: {STILL}"),
            },
        ));
        text
    }

    fn named(&self, at: usize) -> String {
        let file = self.files.get(at).map(PathBuf::as_path);
        let path = self.out.join(file.unwrap_or(Path::new("")));
        path.display().to_string()
    }
}

const STILL: &str = "the others still open the key file; join it and split it anew, so that a share that turns up is worth nothing";

#[cfg(test)]
mod tests;
