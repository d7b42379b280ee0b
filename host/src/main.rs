use std::path::PathBuf;

use clap::Parser;
use keyfob_host::{
    delivery::SmtpConfig,
    serve::{ServeOptions, serve},
};

#[derive(Parser)]
struct Arguments {
    command: Option<String>,
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
    #[arg(long, default_value = "keyfob-data")]
    data: PathBuf,
    #[arg(long)]
    dev: bool,
    #[arg(long)]
    public_url: Option<String>,
    #[arg(long)]
    smtp_url: Option<String>,
    #[arg(long)]
    smtp_from: Option<String>,
    #[arg(long)]
    smtp_ca: Option<PathBuf>,
}

fn main() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let a = Arguments::parse();
    let smtp = a.smtp_url.zip(a.smtp_from).map(|(url, from)| SmtpConfig {
        url,
        from,
        certificate: a.smtp_ca,
    });
    let options = ServeOptions {
        listen: a.listen,
        data: a.data,
        dev: a.dev,
        public_url: a.public_url,
        smtp,
        policy: Default::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if let Err(error) = runtime.block_on(serve(options)) {
        eprintln!("keyfob: {error}");
        std::process::exit(1);
    }
}
