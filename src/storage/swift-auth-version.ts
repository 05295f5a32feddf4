const VERSIONS = [1, 3] as const

/**
 * The auth version of Swift: the configured one, or else what the URL has in it, as in distribution's driver. Undefined if it
 * has neither, or if the version is not supported.
 */
export function swiftAuthVersion(authUrl: string, configured: unknown): 1 | 3 | undefined {
  if (configured !== undefined) return VERSIONS.find((version) => version === Number(configured))
  // The RADOS Gateway has /auth/1.0, too.
  return authUrl.includes('v3') ? 3 : /v1|\/auth\/1\.0/.test(authUrl) ? 1 : undefined
}
