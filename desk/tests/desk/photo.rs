//! Photographs as enemies make them, given to the real subprocess.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use brolly_desk::photo::{COMMAND, PhotoError, Renderer};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

const PROGRAM: &str = env!("CARGO_BIN_EXE_brolly-desk");

fn pixels(width: u32, height: u32) -> Vec<u8> {
    let count = usize::try_from(width * height).unwrap();
    std::iter::repeat_n([200, 40, 40], count)
        .flatten()
        .collect()
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 40)
        .write_image(
            &pixels(width, height),
            width,
            height,
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    jpeg
}

pub(crate) fn png_size(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    (number(16), number(20))
}

fn real() -> Renderer {
    Renderer::at(PROGRAM.into())
}

/// A subprocess that does something else, given as a line of shell.
fn hostile(folder: &Path, script: &str) -> Renderer {
    let path = folder.join("hostile");
    // Written by a process that ends: a file still open to write cannot be run.
    let line = format!("printf '%s\\n' '#!/bin/sh' '{script}' > {}", path.display());
    let status = Command::new("/bin/sh").args(["-c", &line]).status();
    assert!(status.unwrap().success());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    Renderer::at(path)
}

#[test]
fn spec_11_5_a_photograph_is_written_anew_from_its_pixels() {
    let mut laden = jpeg(120, 80);
    let comment = b"\xff\xfe\x00\x10CANARY-COMMENT";
    laden.splice(2..2, comment.iter().copied());
    let png = real().render(&laden).unwrap();
    assert_eq!(png_size(&png), (120, 80));
    assert!(!png.windows(6).any(|window| window == b"CANARY"));
    let drawn = image::load_from_memory(&png).unwrap().into_rgb8();
    let close = |a: u8, b: u8| a.abs_diff(b) < 12;
    let [red, green, blue] = drawn.get_pixel(60, 40).0;
    assert!(close(red, 200) && close(green, 40) && close(blue, 40));
}

#[test]
fn spec_11_5_a_few_bytes_that_claim_the_largest_picture_stay_within_the_limits() {
    let mut claims = jpeg(8, 8);
    let frame = claims.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    claims[frame + 5..frame + 9].copy_from_slice(&[0x10, 0, 0x10, 0]);
    let mut progressive = claims.clone();
    progressive[frame + 1] = 0xc2;
    for bytes in [claims, progressive] {
        match real().render(&bytes) {
            Ok(png) => assert_eq!(png_size(&png), (4096, 4096)),
            Err(error) => assert!(matches!(error, PhotoError::Damaged), "{error}"),
        }
    }
}

#[test]
fn spec_11_5_a_bomb_a_stump_and_another_format_each_get_a_sentence() {
    let whole = jpeg(64, 64);
    let mut bomb = whole.clone();
    let frame = bomb.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0xfd, 0xe8, 0xfd, 0xe8]);
    let bomb = real().render(&bomb).unwrap_err();
    assert!(matches!(bomb, PhotoError::TooLarge), "{bomb}");
    assert!(bomb.to_string().contains("larger than 4096 by 4096"));

    let stump = real().render(&whole[..whole.len() / 2]).unwrap_err();
    assert!(matches!(stump, PhotoError::Damaged), "{stump}");

    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&pixels(8, 8), 8, 8, ExtendedColorType::Rgb8)
        .unwrap();
    for other in [&png[..], b"%PDF-1.7", b"GIF89a", b""] {
        let error = real().render(other).unwrap_err();
        assert!(matches!(error, PhotoError::NotAJpeg), "{error}");
    }
}

#[test]
fn spec_11_5_no_flipped_byte_of_a_photograph_gets_past_the_subprocess() {
    let whole = jpeg(64, 64);
    for at in (2..whole.len() - 2).step_by(29) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        match real().render(&bytes) {
            Ok(png) => assert!(png_size(&png).0 <= 4096),
            Err(error) => assert!(!matches!(error, PhotoError::Start(_)), "{error}"),
        }
    }
}

#[test]
fn spec_11_5_a_subprocess_that_is_killed_or_lies_or_hangs_gets_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    // What the system does at the limit of time, at the limit of memory, and on a broken decoder.
    for signal in ["XCPU", "KILL", "ABRT", "SEGV"] {
        let renderer = hostile(folder.path(), &format!("kill -{signal} $$"));
        let error = renderer.render(&jpeg(8, 8)).unwrap_err();
        let sentence = error.to_string();
        assert!(matches!(error, PhotoError::Died(_)), "{sentence}");
        assert!(sentence.contains("ended without a picture (signal"));
    }
    for lie in ["echo \\<svg\\>", "true", "exec head -c 70000000 /dev/zero"] {
        let error = hostile(folder.path(), lie).render(&jpeg(8, 8)).unwrap_err();
        assert!(matches!(error, PhotoError::NotAPicture), "{lie}: {error}");
    }
    let crash = hostile(folder.path(), "exit 101").render(&jpeg(8, 8));
    assert!(matches!(crash, Err(PhotoError::Died(_))));
    for hang in ["exec sleep 600", "exec sleep 600 >&-"] {
        let renderer = hostile(folder.path(), hang).patience(Duration::from_millis(200));
        let error = renderer.render(&jpeg(8, 8)).unwrap_err();
        assert!(matches!(error, PhotoError::TimedOut(_)), "{hang}: {error}");
    }
}

#[test]
fn spec_11_5_whatever_memory_there_is_the_answer_is_a_picture_or_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let jpeg = jpeg(700, 700);
    let outcomes: Vec<bool> = (12..=19)
        .map(|power| {
            let script = format!("ulimit -v {}; exec {PROGRAM} {COMMAND}", 1_u32 << power);
            match hostile(folder.path(), &script).render(&jpeg) {
                Ok(png) => png_size(&png) == (700, 700),
                Err(error) => {
                    assert!(matches!(error, PhotoError::Died(_)), "{error}");
                    false
                }
            }
        })
        .collect();
    assert!(!outcomes[0], "4 MiB are too few even to start");
    assert!(outcomes[7], "512 MiB are enough");
}

#[cfg(target_os = "linux")]
#[test]
fn spec_11_5_the_subprocess_limits_itself_before_it_reads() {
    let mut child = Command::new(PROGRAM)
        .arg(COMMAND)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(&jpeg(8, 8)).unwrap();
    // It waits for the end of its input. The last of the limits it sets is the one on processes.
    let path = format!("/proc/{}/limits", child.id());
    let limit = |limits: &str, name: &str| -> Vec<String> {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let values = line[name.len()..].split_whitespace().take(2);
        values.map(str::to_owned).collect()
    };
    let limits = loop {
        let limits = fs::read_to_string(&path).unwrap();
        if limit(&limits, "Max processes") == ["0", "0"] {
            break limits;
        }
        std::thread::yield_now();
    };
    for (name, most) in [
        ("Max address space", "536870912"),
        ("Max cpu time", "10"),
        ("Max open files", "3"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
    ] {
        assert_eq!(limit(&limits, name), [most, most], "{name}");
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(png_size(&output.stdout), (8, 8));
}
