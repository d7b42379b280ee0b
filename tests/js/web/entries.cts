// Compiled and never run: as `entries.mts`, from CommonJS.

import generator = require('@keyfob/web/generator');

new generator.TOTP({ secret: 'MY' }).generate() satisfies string;
