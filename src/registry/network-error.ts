import { RegistryError } from './registry-error.ts'

/** What an error is about. */
export interface About {
  registry: string
  operation: string
}

// Errno names and undici's codes, without those that another try cannot mend: ERR_TLS_… and wrong arguments.
const MAY_PASS = /^(?:E(?!RR_)|UND_ERR_(?!INVALID|REQ_))/

/** An error of the connection as a RegistryError. One that is a RegistryError already (a body's source) stays what it is. */
export function networkError(error: unknown, about: About): RegistryError {
  if (error instanceof RegistryError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  return new RegistryError({
    ...about,
    reason: error instanceof Error ? error.message : String(error),
    codes: code === undefined ? [] : [code],
    retry: code !== undefined && MAY_PASS.test(code),
  })
}
