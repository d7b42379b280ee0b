// otplib's published suites, unedited, against the module that takes its place.

import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  test: {
    globals: true, // as jest has them
    include: ['otplib.*.test.ts', 'otplib-12.0.1/*.test.js'],
    setupFiles: ['./otplib.setup.mjs'],
    server: { deps: { external: [/@keyfob/] } },
  },
  resolve: {
    alias: [
      { find: /^@tests\//, replacement: here('./otplib-12.0.1/') },
      { find: '@otplib/core-async', replacement: here('./otplib.none.mjs') },
      { find: /^@otplib\/preset-.*/, replacement: '@keyfob/node/otplib' },
      { find: '@otplib/core', replacement: '@keyfob/node/otplib' },
    ],
  },
});
