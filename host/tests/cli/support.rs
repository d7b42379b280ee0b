//! Runs the real binary, and gives each test a folder of its own.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use keyfob::service::ServicePolicy;
use keyfob_host::data_folder::DataFolder;
use serde_json::Value;

/// The key of RFC 4226, appendix D.
pub(crate) const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// 80 bits, as many sites still give.
pub(crate) const SHORT: &str = "JBSWY3DPEHPK3PXP";

/// What a command answered.
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn keyfob(arguments: &[&str]) -> Answer {
    keyfob_with(arguments, "")
}

pub(crate) fn keyfob_with(arguments: &[&str], input: &str) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_keyfob"))
        .args(arguments)
        .env_remove("KEYFOB_DATA")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { status: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
}

pub(crate) fn parse(uri: &str) -> Value {
    serde_json::from_str(&keyfob_with(&["uri", "parse", "-", "--strict", "--json"], uri).stdout)
        .unwrap()
}

pub(crate) fn oathtool(options: &[&str]) -> String {
    run("oathtool", "oathtool", &[options, &["--base32", SECRET]].concat())
}

pub(crate) fn run(program: &str, package: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("cannot run {program} ({error}): apt-get install {package}");
    });
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Whatever this machine's umask is, others may not write there.
fn make_private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

pub(crate) fn assert_private(path: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
    }
}

/// A folder of its own for each test, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("keyfob-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        make_private(&path);
        Self(path)
    }

    /// A data folder as the first start of the service leaves it, without a key.
    pub(crate) fn started(name: &str) -> Self {
        let folder = Self::new(name);
        let started = DataFolder::create_or_open(&folder.0, ServicePolicy::default()).unwrap();
        started.store.close().unwrap();
        folder
    }

    pub(crate) fn with_domain(name: &str) -> (Self, String) {
        let folder = Self::started(name);
        folder.keyfob(&["key", "create"], "");
        let domain = folder.keyfob(&["domain", "create"], "").stdout.trim().to_owned();
        (folder, domain)
    }

    pub(crate) fn open(&self) -> DataFolder {
        DataFolder::open(&self.0, ServicePolicy::default()).unwrap()
    }

    pub(crate) fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }

    pub(crate) fn path(&self, file: &str) -> String {
        self.0.join(file).to_str().unwrap().to_owned()
    }

    pub(crate) fn keyfob(&self, arguments: &[&str], input: &str) -> Answer {
        keyfob_with(&[arguments, &["--data", self.name()]].concat(), input)
    }

    pub(crate) fn import(&self, domain: &str, file: &str, lines: &str) -> Answer {
        let path = self.path(file);
        fs::write(&path, lines).unwrap();
        self.keyfob(&["user", "import", "--domain", domain, &path], "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
