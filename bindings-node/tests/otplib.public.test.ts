import * as preset from '@otplib/core';
import { testSuitePreset } from '@tests/suite/preset';

testSuitePreset('@keyfob/node/otplib', preset as any);
