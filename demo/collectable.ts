import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../lab/ports.ts'
import { type LabRegistry, type LabRegistryOptions, startRegistry } from '../lab/registry.ts'

const run = promisify(execFile)

/** The hooks of a collection that there are, by the last part of their URL. */
export const HOOKS = ['readOnlyOn', 'collect', 'readOnlyOff'] as const

export interface Collectable extends LabRegistry {
  /** Below it are the hooks. */
  readonly hooksUrl: string
}

/**
 * A registry whose garbage can be collected: hooks over HTTP start it again so that it refuses writes or takes them, and run its own
 * collector. Its address stays.
 */
export async function startCollectable(options: LabRegistryOptions): Promise<Collectable> {
  const same = { ...options, port: await freePort(), debugPort: await freePort() }
  const first = await startRegistry(same)
  const { folder } = first
  let last = first
  async function restart(readOnly: boolean): Promise<string> {
    await last.process.stop()
    last = await startRegistry({ ...same, folder, readOnly })
    return `started again, ${readOnly ? 'read-only' : 'writable'}`
  }
  const hooks: Record<(typeof HOOKS)[number], () => Promise<string>> = {
    readOnlyOn: () => restart(true),
    async collect() {
      const { stdout } = await run('docker-registry', ['garbage-collect', join(folder, 'config.yml')])
      return stdout
    },
    readOnlyOff: () => restart(false),
  }
  /** The hook that is called now, or was called last: nothing it starts may outlive us. */
  let doing: Promise<unknown> = Promise.resolve()
  const server = createServer((request, answer) => {
    request.resume()
    const hook = HOOKS.find((name) => request.url === `/${name}`)
    if (hook === undefined) return void answer.writeHead(404).end()
    const called = hooks[hook]()
    doing = called.catch(() => {})
    called.then(
      (text) => answer.end(text),
      (error: Error) => answer.writeHead(500).end(error.message),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    ...first,
    hooksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await doing
      await last.close()
    },
  }
}
