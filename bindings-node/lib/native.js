'use strict'

/**
 * The engine, from the package for this platform.
 * npm installs the one that fits (`optionalDependencies` with `os`, `cpu` and `libc`).
 */
module.exports = load()

function load() {
  const name = `@keyfob/node-${platform()}`
  try {
    return require(name)
  } catch (cause) {
    throw new Error(
      `@keyfob/node could not load ${name}. If there is a package of that name, install again ` +
        'without --omit=optional and with a lock file made on this platform or without one; ' +
        'if there is none, use @keyfob/web, which runs everywhere.',
      { cause },
    )
  }
}

function platform() {
  const { platform, arch, report } = process
  if (platform !== 'linux') return `${platform}-${arch}`
  const isGlibc = Boolean(report.getReport().header.glibcVersionRuntime)
  return `${platform}-${arch}-${isGlibc ? 'gnu' : 'musl'}`
}
