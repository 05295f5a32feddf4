/** An hour ago as RFC 3339, for made-up events: one that is far from when it is received is quarantined. */
export const RECENTLY = new Date(Date.now() - 3_600_000).toISOString()
