import { Authenticator, HOTP, TOTP } from '@otplib/core';
import { testSuiteAuthenticator } from '@tests/suite/authenticator';
import { testSuiteHOTP } from '@tests/suite/hotp';
import { testSuiteTOTP } from '@tests/suite/totp';

testSuiteHOTP('hotp', HOTP as any);
testSuiteTOTP('totp', TOTP as any);
testSuiteAuthenticator('authenticator', Authenticator as any);
