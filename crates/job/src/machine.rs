//! The machine that a job runs on, as far as a report should say.

use std::fs::read_to_string;

use serde::{Deserialize, Serialize};

/// What the operating system says about the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Name of the processor.
    pub cpu: String,
    /// Processors that this program may use.
    pub cores: usize,
    /// Instruction sets that speed depends on.
    pub features: Vec<String>,
    /// The instruction set that the operations of training use.
    #[serde(default)]
    pub level: String,
    /// Main memory.
    pub memory_bytes: Option<u64>,
}

/// Asks the operating system.
pub fn machine() -> Machine {
    Machine {
        cpu: field("/proc/cpuinfo", "model name")
            .unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        features: features(),
        level: ops::Level::best().name().to_owned(),
        memory_bytes: data::machine_memory(),
    }
}

/// The most memory that this process has used so far, where the system tells.
pub fn peak_memory() -> Option<u64> {
    field("/proc/self/status", "VmHWM").and_then(|text| kilobytes(&text))
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<String> {
    let found = [
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    found.into_iter().filter(|(_, there)| *there).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<String> {
    Vec::new()
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = read_to_string(path).ok()?;
    let (_, value) =
        text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}

fn kilobytes(text: &str) -> Option<u64> {
    let number: u64 = text.strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024)
}
