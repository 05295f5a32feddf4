import { RegistryError } from './registry-error.ts'

/** Names a request in errors. */
export interface RequestLabel {
  registry: string
  operation: string
}

// Names of errno and codes of undici, except those that a retry cannot help: ERR_TLS_… and wrong arguments.
const MAY_PASS = /^(?:E(?!RR_)|UND_ERR_(?!INVALID|REQ_))/

/** Codes of OpenSSL for a certificate whose CA Node does not know. */
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_UNTRUSTED)/

/** An error of the connection as a RegistryError. A RegistryError, from the source of a body, stays as it is. */
export function networkError(error: unknown, label: RequestLabel): RegistryError {
  if (error instanceof RegistryError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  const message = error instanceof Error ? error.message : String(error)
  const isUntrusted = code !== undefined && UNTRUSTED.test(code)
  return new RegistryError({
    ...label,
    reason: isUntrusted ? `${message}: name its CA in registries.${label.registry}.caFile` : message,
    codes: code === undefined ? [] : [code],
    retry: code !== undefined && MAY_PASS.test(code),
  })
}
