// The suites import these for their types alone.
export const [HOTPAsync, TOTPAsync, AuthenticatorAsync] = [];
