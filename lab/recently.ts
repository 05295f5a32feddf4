/** An hour ago (RFC 3339), for events of tests: an event whose time is far from its receipt is quarantined. */
export const RECENTLY = new Date(Date.now() - 3_600_000).toISOString()
