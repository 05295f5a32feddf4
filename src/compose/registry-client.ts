import type { Config } from '../config/schema.ts'
import { makeRegistryClient, type RegistryClient, type RegistryClientOptions } from '../registry/client.ts'

/** The configured registries, each with how it is reached: over which proxy, and with which certificates. */
export const reachedRegistries = ({ registries, proxy }: Pick<Config, 'registries' | 'proxy'>) =>
  Object.entries(registries).map(([name, { ca, cert, key, insecure, ...registry }]) => {
    const isPlain = ca === undefined && cert === undefined && !insecure
    const tls = isPlain ? undefined : { ca, cert, key, insecure }
    return { name, ...registry, reach: { proxy, tls } }
  })
export type ReachedRegistry = ReturnType<typeof reachedRegistries>[number]

/** Makes the client of a registry as configured; `options` replaces what the client has by default. The caller closes it. */
export function registryClient(
  { name, url, username, password, requestsPerSecond, reach }: ReachedRegistry,
  options: Partial<RegistryClientOptions> = {},
): RegistryClient {
  const given = username !== undefined && password !== undefined
  return makeRegistryClient({
    ...{ name, url, requestsPerSecond, reach },
    ...(given && { credentials: { username, password } }),
    ...options,
  })
}
