import keyfob = require('@keyfob/web');
import generator = require('@keyfob/web/generator');

const valid: boolean = new keyfob.TOTP({ secret: 'MY' }).verify('1').valid;
const code: string = new generator.TOTP({ secret: 'MY' }).generate();
void [valid, code];
