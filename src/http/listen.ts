import type { FastifyInstance } from 'fastify'

/**
 * Binds a port. @throws an error that names `key`, the key of the configuration, if the port is taken or not allowed
 */
export async function listenOn(
  app: FastifyInstance,
  { host, port, key }: { host: string; port: number; key: string },
): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const section = key.replace(/\.port$/, '')
    if (code === 'EADDRINUSE')
      throw new Error(`${key}: ${host}:${port} is in use by another program: stop it, or set another port`)
    if (code === 'EACCES')
      throw new Error(`${key}: ${host}:${port} may not be opened by this user: set a port from 1024`)
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new Error(`${section}.host: ${host} is no address of this machine: set 0.0.0.0 for all of them`)
    throw error
  }
}
