// Compiled against both packages and never run: as `types.mts`, from CommonJS.

import keyfob = require('PACKAGE');

new keyfob.TOTP({ secret: 'MY' }).verify('1').valid satisfies boolean;
const options: keyfob.TotpOptions = { secret: new keyfob.Secret('MY') };
keyfob.generate(options) satisfies string;
