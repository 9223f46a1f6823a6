//! The tuning scripts against machines made of files: check, apply, check, undo, and every byte as it was.
//!
//! Outside the message flow. `RINGPOST_SYSROOT` puts the machine below cargo's folder for test files.
//!
//! Invariants: nothing outside that folder is touched; the comparison has a canary of its own, a script that forgets.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use xtask::tree::workspace;

/// What stands in a folder: path to (mode, bytes); a folder has no bytes.
type Picture = BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>;

/// One machine: its files, with a trailing `/` for folders.
struct Machine {
    name: &'static str,
    files: &'static [(&'static str, u32, &'static [u8])],
}

const MACHINES: &[Machine] = &[
    Machine {
        name: "bare",
        files: &[
            ("proc/sys/kernel/io_uring_disabled", 0o644, b"2\n"),
            ("proc/sys/kernel/io_uring_group", 0o644, b"-1\n"),
            ("proc/sys/fs/nr_open", 0o644, b"65536\n"),
            ("proc/sys/fs/file-max", 0o644, b"100000\n"),
            ("var/lib/", 0o755, b""),
        ],
    },
    Machine {
        name: "lived-in",
        files: &[
            ("proc/sys/kernel/io_uring_disabled", 0o644, b"1\n"),
            ("proc/sys/kernel/io_uring_group", 0o644, b"4\n"),
            ("proc/sys/fs/nr_open", 0o644, b"1073741816\n"),
            ("proc/sys/fs/file-max", 0o644, b"9223372036854775807\n"),
            ("etc/group", 0o644, b"adm:x:4:\nringpost:x:997:\n"),
            (
                "etc/sysctl.d/60-hardening.conf",
                0o600,
                b"kernel.io_uring_disabled=2\n",
            ),
            (
                "etc/sysctl.d/zz-ringpost-files-limit.conf",
                0o640,
                b"fs.nr_open = 7",
            ),
            (
                "etc/security/limits.d/10-ringpost-memlock.conf",
                0o600,
                b"\xff\x00 not text, no newline",
            ),
            (
                "etc/systemd/system/ringpost.service.d/30-ringpost-files-limit.conf",
                0o664,
                b"[Service]\n\n\n",
            ),
            ("var/lib/ringpost/", 0o700, b""),
        ],
    },
];

/// The scripts, in order; `common.bash` and the README are none.
fn scripts() -> Vec<PathBuf> {
    let entries = fs::read_dir(workspace().join("tuning"))
        .into_iter()
        .flatten()
        .flatten();
    let digit = |p: &PathBuf| {
        p.file_name()
            .is_some_and(|n| n.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit))
    };
    let mut found: Vec<PathBuf> = entries.map(|e| e.path()).filter(digit).collect();
    found.sort();
    found
}

/// Sets a machine up in a folder of its own, empty before.
fn set_up(test: &str, machine: &Machine) -> std::io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tuning-{test}-{}", machine.name));
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    for (path, mode, bytes) in machine.files {
        let full = root.join(path);
        if path.ends_with('/') {
            fs::create_dir_all(&full)?;
        } else {
            fs::create_dir_all(full.parent().unwrap_or(&root))?;
            fs::write(&full, bytes)?;
        }
        fs::set_permissions(&full, fs::Permissions::from_mode(*mode))?;
    }
    Ok(root)
}

fn picture(root: &Path) -> std::io::Result<Picture> {
    let mut picture = Picture::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let (path, kind) = entry.map(|e| (e.path(), e.file_type()))?;
            let mode = fs::symlink_metadata(&path)?.permissions().mode();
            let bytes = if kind?.is_dir() {
                None
            } else {
                Some(fs::read(&path)?)
            };
            if bytes.is_none() {
                folders.push(path.clone());
            }
            picture.insert(path, (mode, bytes));
        }
    }
    Ok(picture)
}

fn run(script: &Path, verb: &str, root: &Path) -> std::io::Result<Output> {
    // Through bash, since a file just written cannot be executed while another thread forks (ETXTBSY).
    Command::new("bash")
        .arg(script)
        .arg(verb)
        .env("RINGPOST_SYSROOT", root)
        .env_remove("RINGPOST_UNIT")
        .env_remove("RINGPOST_USER")
        .output()
}

/// Runs the script's four verbs and says what is not as it must be.
fn life(script: &Path, root: &Path) -> Result<(), String> {
    let said = |verb: &str| run(script, verb, root).map_err(|e| e.to_string());
    let must = |verb: &str, code: i32| {
        let out = said(verb)?;
        let text = [out.stdout, out.stderr].concat();
        if out.status.code() == Some(code) {
            Ok(String::from_utf8_lossy(&text).into_owned())
        } else {
            Err(format!(
                "{verb}: {}, wanted {code}: {}",
                out.status,
                String::from_utf8_lossy(&text)
            ))
        }
    };
    let picture = || picture(root).map_err(|e| e.to_string());
    let same = |a: &Picture, b: &Picture, when: &str| {
        if a == b {
            Ok(())
        } else {
            Err(format!("not as before {when}"))
        }
    };

    let before = picture()?;
    if must("explain", 0)?.len() < 200 {
        return Err("explain says too little".to_owned());
    }
    if !must("check", 1)?.contains("wrong ") {
        return Err("check does not say what is wrong".to_owned());
    }
    must("undo", 0)?;
    must("mend", 2)?;
    same(&before, &picture()?, "after words that change nothing")?;
    must("apply", 0)?;
    must("check", 0)?;
    let applied = picture()?;
    must("apply", 0)?;
    same(&applied, &picture()?, "after a second apply")?;
    must("undo", 0)?;
    same(&before, &picture()?, "after undo")?;
    must("check", 1)?;
    must("undo", 0).map(|_| ())
}

#[test]
fn every_script_takes_all_back() {
    let scripts = scripts();
    assert!(scripts.len() >= 3, "{scripts:?}");
    for script in &scripts {
        let mode = fs::metadata(script).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{} is not executable", script.display());
    }
    for machine in MACHINES {
        for script in &scripts {
            let root = set_up("life", machine).expect("a machine of files");
            life(script, &root).unwrap_or_else(|e| panic!("{} on {}: {e}", script.display(), machine.name));
        }
    }
}

/// Scripts share folders: whatever the order of undo, nothing stays behind.
#[test]
fn scripts_together_leave_nothing() {
    let scripts = scripts();
    for machine in MACHINES {
        for backwards in [false, true] {
            let root = set_up("together", machine).expect("a machine of files");
            let before = picture(&root).expect("readable");
            let ok = |script: &PathBuf, verb| {
                assert!(
                    run(script, verb, &root).expect("runs").status.success(),
                    "{script:?}"
                )
            };
            scripts.iter().for_each(|s| ok(s, "apply"));
            scripts.iter().for_each(|s| ok(s, "check"));
            let mut order: Vec<&PathBuf> = scripts.iter().collect();
            if backwards {
                order.reverse();
            }
            order.into_iter().for_each(|s| ok(s, "undo"));
            assert_eq!(
                picture(&root).expect("readable"),
                before,
                "{} backwards={backwards}",
                machine.name
            );
        }
    }
}

/// What somebody changed after apply is theirs: undo leaves it, names it and fails; it can be repeated once mended.
#[test]
fn undo_leaves_a_later_edit() {
    let script = workspace().join("tuning/20-io-uring");
    let root = set_up("edit", &MACHINES[0]).expect("a machine of files");
    let before = picture(&root).expect("readable");
    assert!(run(&script, "apply", &root).expect("runs").status.success());
    let keeper = root.join("etc/sysctl.d/zz-ringpost-io-uring.conf");
    let ours = fs::read(&keeper).expect("apply wrote it");
    fs::write(&keeper, b"# mine\n").expect("writable");

    let out = run(&script, "undo", &root).expect("runs");
    assert_eq!(out.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&out.stdout)
            .contains("left as it is: /etc/sysctl.d/zz-ringpost-io-uring.conf")
    );
    assert_eq!(fs::read(&keeper).expect("still there"), b"# mine\n");

    fs::write(&keeper, ours).expect("writable");
    assert!(run(&script, "undo", &root).expect("runs").status.success());
    assert_eq!(picture(&root).expect("readable"), before);
}

/// A kernel without the setting, and one that allows io_uring, are left alone.
#[test]
fn what_is_right_is_left_alone() {
    let right: &[Machine] = &[
        Machine {
            name: "old-kernel",
            files: &[("proc/sys/kernel/", 0o755, b""), ("var/lib/", 0o755, b"")],
        },
        Machine {
            name: "open",
            files: &[("proc/sys/kernel/io_uring_disabled", 0o644, b"0\n")],
        },
        Machine {
            name: "grouped",
            files: &[
                ("proc/sys/kernel/io_uring_disabled", 0o644, b"1\n"),
                ("proc/sys/kernel/io_uring_group", 0o644, b"997\n"),
                ("etc/group", 0o644, b"ringpost:x:997:\n"),
            ],
        },
    ];
    for machine in right {
        let root = set_up("right", machine).expect("a machine of files");
        let before = picture(&root).expect("readable");
        for verb in ["check", "apply", "check", "undo"] {
            let out = run(&workspace().join("tuning/20-io-uring"), verb, &root).expect("runs");
            assert!(out.status.success(), "{} {verb}: {out:?}", machine.name);
            assert_eq!(
                picture(&root).expect("readable"),
                before,
                "{} {verb}",
                machine.name
            );
        }
    }
}

/// A script that does all right but for its undo, which is put in.
const FORGETFUL: &str = r#"v=$RINGPOST_SYSROOT/proc/sys/kernel/io_uring_disabled
case $1 in
  explain) printf '%0300d' 0 ;;
  check) [ "$(cat "$v")" = 0 ] || { echo wrong x; exit 1; } ;;
  apply) echo 0 >"$v" ;;
  undo) UNDO ;;
  *) exit 2 ;;
esac
"#;

/// The canary: scripts that do less than they say are refused by the same comparison.
#[test]
fn a_script_that_forgets_is_caught() {
    let check = |undo: &str, expected: &str| {
        let root = set_up("canary", &MACHINES[0]).expect("a machine of files");
        let script = root.with_extension("bash");
        fs::write(&script, FORGETFUL.replace("UNDO", undo)).expect("writable");
        let result = life(&script, &root);
        assert!(
            matches!(&result, Err(e) if e.contains(expected)),
            "{undo}: {result:?}"
        );
    };
    check("true", "not as before after undo");
    check(
        "printf 2 >\"$v\"",
        "not as before after words that change nothing",
    );
    check(
        "[ \"$(cat \"$v\")\" = 2 ] || printf 2 >\"$v\"",
        "not as before after undo",
    );
    check("exit 1", "undo: exit status: 1, wanted 0");
}
