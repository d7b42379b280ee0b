// The package under test, named by KEYFOB_PACKAGE (a package or a file): @keyfob/web if not given.

import { isAbsolute } from 'node:path';
import { env } from 'node:process';
import { pathToFileURL } from 'node:url';

export const name = env.KEYFOB_PACKAGE ?? '@keyfob/web';
export default await import(isAbsolute(name) ? pathToFileURL(name).href : name);
