//! `brolly-relay project`: whom an issuer issues to, while it runs.

use brolly_protocol::token::project::ProjectId;
use brolly_shell::cli::Failure;
use brolly_shell::config::ConfigError;
use clap::Subcommand;
use serde::Serialize;

use crate::config::Config;
use crate::issuer::projects::{self, Project, ProjectsError};
use crate::issuer::{quota, today};

/// What to do about projects.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
#[non_exhaustive]
pub enum ProjectCommand {
    /// Show the projects that are admitted, and what each used of its quota today
    List {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Admit a project, or give an admitted one another quota; its desk then sets its secret
    Admit {
        /// Its name, as in the directory and in its invitations
        name: String,
        /// Tokens a day, of which a session takes two; without it the configuration's `quota-default`
        #[arg(long, value_name = "N")]
        quota: Option<u32>,
    },
    /// Revoke a project: none of its invitations gets tokens from now on
    Revoke {
        /// Its name
        name: String,
    },
}

/// A project as it is listed: not the digest of its secret, which is nobody's business.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    desk: Option<String>,
    secret: bool,
    quota: u32,
    used: u32,
    serial: u64,
}

impl ProjectCommand {
    /// Does it at `now` (seconds since 1970), and says what to print.
    ///
    /// # Errors
    /// [`Failure`]; nothing is changed.
    pub fn run(self, config: &Config, now: u64) -> Result<String, Failure> {
        match self {
            Self::List { json } => list(config, json, now),
            Self::Admit { name, quota } => admit(config, &name, quota),
            Self::Revoke { name } => revoke(config, &name),
        }
    }
}

fn list(config: &Config, json: bool, now: u64) -> Result<String, Failure> {
    let path = config.projects();
    let projects = projects::load(&path)?;
    let used = quota::used(&today(&path), now / quota::DAY).unwrap_or_default();
    let listed: Vec<Listed<'_>> = projects
        .iter()
        .map(|project| {
            let id = ProjectId::of(config.scheme, &project.name);
            Listed {
                name: &project.name,
                desk: project.desk.map(|desk| desk.to_string()),
                secret: project.digest.is_some(),
                quota: project.quota,
                used: used.get(&id).copied().unwrap_or_default(),
                serial: project.serial,
            }
        })
        .collect();
    if json {
        let text = serde_json::to_string_pretty(&listed).map_err(Failure::failed)?;
        return Ok(text + "\n");
    }
    if listed.is_empty() {
        return Ok("No project is admitted: nobody gets tokens.\n".to_owned());
    }
    Ok(listed.iter().map(line).collect())
}

fn line(project: &Listed<'_>) -> String {
    let secret = match project.secret {
        true => "",
        false => "; its desk has not set its secret yet",
    };
    let Listed {
        name, quota, used, ..
    } = project;
    format!("{name}: {used} of {quota} tokens today{secret}\n")
}

fn admit(config: &Config, name: &str, quota: Option<u32>) -> Result<String, Failure> {
    if !projects::is_name(name) {
        return Err(Failure::usage(
            "a project's name has 1 to 255 bytes, no control characters, and no space at either end",
        ));
    }
    projects::edit(&config.projects(), |projects| {
        let mut known = projects.iter_mut();
        match known.find(|project| projects::same_name(&project.name, name)) {
            None => {
                let quota = quota.unwrap_or_else(|| config.quota_default());
                projects.push(Project {
                    name: name.to_owned(),
                    desk: None,
                    digest: None,
                    quota,
                    serial: 0,
                });
                Ok(format!(
                    "{name} is admitted, with {quota} tokens a day, as soon as its desk sets its secret.\n"
                ))
            }
            Some(project) => {
                let quota = quota.ok_or_else(|| {
                    Failure::refused(format!("{} is admitted already", project.name))
                        .hint("give another quota with --quota, or revoke it first")
                })?;
                project.quota = quota;
                Ok(format!(
                    "{} has {quota} tokens a day from now on.\n",
                    project.name
                ))
            }
        }
    })
}

fn revoke(config: &Config, name: &str) -> Result<String, Failure> {
    let path = config.projects();
    // Not made by asking to take something out of it.
    projects::load(&path)?;
    projects::edit(&path, |projects| {
        let before = projects.len();
        projects.retain(|project| !projects::same_name(&project.name, name));
        match projects.len() < before {
            true => Ok(format!(
                "{name} is revoked: tokens it has are good until the end of their month, and it gets no others.\n"
            )),
            false => Err(Failure::refused(format!("no project is called {name}"))
                .hint("see `brolly-relay project list`")),
        }
    })
}

impl From<ProjectsError> for Failure {
    fn from(error: ProjectsError) -> Self {
        match error {
            ProjectsError::Read(ConfigError::Missing(path)) => Self::configuration(format!(
                "there is no file of projects {}", path.display()
            ))
            .hint("admit the first one with `brolly-relay project admit`, or copy the file that was made at the founding"),
            ProjectsError::Read(error) => error.into(),
            ProjectsError::Twice { .. } | ProjectsError::Name(_) => Self::configuration(error),
            ProjectsError::Write(error) => error.into(),
            ProjectsError::Owner(_) => Self::refused(error),
            ProjectsError::Lock { .. } => Self::failed(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    const NOW: u64 = 20_000 * quota::DAY;

    fn config(folder: &Path) -> Config {
        let path = folder.join("relay.toml");
        let text = format!(
            "listen = \"127.0.0.1:1\"\ndata = \"data\"\nidentity = \"k\"\ndirectory = \"d\"\nscheme = \"{}\"\n\
             [issuer]\nquota-default = 40\n",
            "07".repeat(32)
        );
        fs::write(&path, text).unwrap();
        Config::load(&path).unwrap()
    }

    fn admit(name: &str, quota: Option<u32>) -> ProjectCommand {
        let name = name.to_owned();
        ProjectCommand::Admit { name, quota }
    }

    fn list(config: &Config) -> String {
        ProjectCommand::List { json: false }
            .run(config, NOW)
            .unwrap()
    }

    #[test]
    fn projects_are_admitted_listed_given_another_quota_and_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let error = ProjectCommand::List { json: false }
            .run(&config, NOW)
            .unwrap_err();
        assert!(
            error.message.contains("there is no file of projects"),
            "{error}"
        );
        admit("st pauli", None).run(&config, NOW).unwrap();
        admit("Leeds", Some(7)).run(&config, NOW).unwrap();
        let id = ProjectId::of(config.scheme, "Leeds");
        let mut used = quota::Quota::open(config.data.join("issuer/today"), NOW);
        assert!(used.take(id, 7, NOW));
        used.keep().unwrap();
        let unset = "; its desk has not set its secret yet";
        assert_eq!(
            list(&config),
            format!("st pauli: 0 of 40 tokens today{unset}\nLeeds: 2 of 7 tokens today{unset}\n")
        );
        let json = ProjectCommand::List { json: true }
            .run(&config, NOW)
            .unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json[1]["name"], "Leeds");
        assert_eq!(
            (&json[1]["used"], &json[1]["secret"]),
            (&2.into(), &false.into())
        );

        admit("leeds", Some(9)).run(&config, NOW).unwrap();
        assert!(list(&config).contains("Leeds: 2 of 9 tokens"));
        let revoke = |name: &str| {
            ProjectCommand::Revoke {
                name: name.to_owned(),
            }
            .run(&config, NOW)
        };
        revoke("LEEDS").unwrap();
        assert!(!list(&config).contains("Leeds"));
        assert!(
            revoke("Leeds")
                .unwrap_err()
                .message
                .contains("no project is called Leeds")
        );
        revoke("st pauli").unwrap();
        assert_eq!(
            list(&config),
            "No project is admitted: nobody gets tokens.\n"
        );
    }

    #[test]
    fn admitting_twice_and_names_that_are_none_are_refused_and_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        admit("a", None).run(&config, NOW).unwrap();
        let before = fs::read(config.projects()).unwrap();
        for name in ["", " a", "a\nb", "A"] {
            assert!(admit(name, None).run(&config, NOW).is_err(), "{name:?}");
        }
        assert_eq!(fs::read(config.projects()).unwrap(), before);
    }
}
