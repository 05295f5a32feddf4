import { freePort } from '../../lab/ports.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { ADMIN_TOKEN, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { tallyman } from './cli-bed.ts'

/**
 * A real registry `ci` that notifies a real service, and commands that ask the service. `config` adds to the configuration of the
 * service; `storage` is that of the registry, as in its own configuration;
 * `moreOf` gives further keys of it in the configuration of the service.
 */
export async function startServiceBed(
  config: Record<string, unknown> = {},
  storage?: string,
  moreOf: (registry: LabRegistry) => Record<string, unknown> = () => ({}),
) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const ci = await startRegistry({
    ...(storage !== undefined && { storage }),
    notify: { url: `${url}/v1/events`, token: WEBHOOK_TOKEN },
  })
  const service = await startTallyman({
    reconcile: { onNewInstance: false },
    ...config,
    registries: { ci: { url: ci.url, token: WEBHOOK_TOKEN, ...moreOf(ci) }, ...Object(config.registries) },
  })
  await service.app.listen({ port })
  const client = makeRegistryClient({ name: 'ci', url: ci.url })
  const runWith = (token: string, ...argv: string[]) =>
    tallyman({ TALLYMAN_TOKEN: token, USER: 'alice' }, ...argv, '--url', url)
  return {
    ...{ ci, service, client, url, runWith },
    run: (...argv: string[]) => runWith(ADMIN_TOKEN, ...argv),
    /** What a command prints as JSON. Throws if it fails. */
    async json(...argv: string[]) {
      const { status, out, err } = await runWith(ADMIN_TOKEN, ...argv, '--output', 'json')
      if (status !== 0) throw new Error(err)
      return JSON.parse(out)
    },
    async close() {
      await client.close()
      await service.close()
      await ci.close()
    },
  }
}
export type ServiceBed = Awaited<ReturnType<typeof startServiceBed>>
