using Workerd = import "/workerd/workerd.capnp";

# For workerd itself; with wrangler the same bindings stand in wrangler.toml. Make keys of your
# own (`head -c 32 /dev/urandom | base64`) and keep them in secrets.
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "gateway", external = (address = "127.0.0.1:8090", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8080", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "dist/worker.js"),
    (name = "keyfob.wasm", wasm = embed "dist/keyfob.wasm"),
  ],
  compatibilityDate = "2026-11-01",
  bindings = [
    (name = "RECORDS", durableObjectNamespace = "Record"),
    (name = "GATEWAY", service = "gateway"),
    (name = "ROOT_KEY", fromEnvironment = "ROOT_KEY"),
    (name = "SEALING_KEY", fromEnvironment = "SEALING_KEY"),
  ],
  durableObjectNamespaces = [(className = "Record", uniqueKey = "keyfob-records")],
  durableObjectStorage = (inMemory = void),
);
