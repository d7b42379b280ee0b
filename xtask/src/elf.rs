//! What is asked of a library for Linux or Android, as `readelf` tells it.

use std::{path::Path, process::Command};

/// Whether a symbol is one of the engine's interface.
pub(crate) fn is_ours(symbol: &str) -> bool {
    ["ffi_keyfob_mobile_", "uniffi_keyfob_mobile_"].iter().any(|start| symbol.starts_with(start))
}

/// The smallest page that all of it lies on.
pub(crate) fn alignment(library: &Path) -> Result<u64, String> {
    least_alignment(&readelf(library, "--program-headers")?)
        .ok_or_else(|| format!("{}: nothing of it is to be loaded", library.display()))
}

/// The symbols that others can call.
pub(crate) fn exports(library: &Path) -> Result<Vec<String>, String> {
    Ok(defined(&readelf(library, "--dyn-syms")?))
}

fn least_alignment(headers: &str) -> Option<u64> {
    let loaded = headers.lines().filter_map(|line| line.trim_start().strip_prefix("LOAD "));
    let last = |line: &str| line.split_whitespace().next_back().map(str::to_owned);
    let number = |text: String| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok();
    let each: Vec<Option<u64>> = loaded.map(|line| last(line).and_then(number)).collect();
    each.into_iter().min().flatten()
}

fn defined(symbols: &str) -> Vec<String> {
    let columns = symbols.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let global = columns.filter(|it| it.len() >= 8 && it[4] == "GLOBAL" && it[6] != "UND");
    global.map(|it| it[7].to_owned()).collect()
}

fn readelf(library: &Path, what: &str) -> Result<String, String> {
    let mut command = Command::new("readelf");
    command.env("LC_ALL", "C").args(["--wide", what]).arg(library);
    let told = command.output().map_err(|error| format!("cannot run readelf: {error}"))?;
    if !told.status.success() {
        return Err(format!("readelf cannot read {}", library.display()));
    }
    Ok(String::from_utf8_lossy(&told.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{defined, least_alignment};

    #[test]
    fn one_segment_on_small_pages_is_noticed() {
        let headers = "\
  Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align
  PHDR           0x000040 0x0000000000000040 0x0000000000000040 0x0001f8 0x0001f8 R   0x8
  LOAD           0x000000 0x0000000000000000 0x0000000000000000 0x009fdc 0x009fdc R   0x4000
  LOAD           0x009fe0 0x000000000000dfe0 0x000000000000dfe0 0x0777f8 0x0777f8 R E 0x1000
  GNU_RELRO      0x081d80 0x0000000000085d80 0x0000000000085d80 0x0020b8 0x0020b8 R   0x1
";
        assert_eq!(least_alignment(headers), Some(0x1000));
        assert_eq!(least_alignment("There are no program headers in this file."), None);
    }

    #[test]
    fn what_is_called_elsewhere_is_no_export() {
        let symbols = "\
   Num:    Value          Size Type    Bind   Vis      Ndx Name
     0: 0000000000000000     0 NOTYPE  LOCAL  DEFAULT  UND
     1: 0000000000000000     0 NOTYPE  GLOBAL DEFAULT  UND malloc
     2: 0000000000036378    12 FUNC    GLOBAL DEFAULT    9 ffi_keyfob_mobile_rustbuffer_alloc
";
        assert_eq!(defined(symbols), ["ffi_keyfob_mobile_rustbuffer_alloc"]);
    }
}
