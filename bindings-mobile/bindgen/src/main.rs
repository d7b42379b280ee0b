//! `cargo run -p keyfob-mobile-bindgen --features cli -- generate LIBRARY --language kotlin …`

fn main() {
    uniffi::uniffi_bindgen_main();
}
