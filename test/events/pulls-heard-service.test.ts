import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

/** Two real registries: `all` sends every event, `pushes` is told to leave pulls out, as people do who want pushes only. */
const TOKENS = { all: 'lab-webhook-token-all1', pushes: 'lab-webhook-token-push' }
let registries: Record<keyof typeof TOKENS, LabRegistry>
let tallyman: LabTallyman
beforeAll(async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/v1/events`
  const ignore = { mediatypes: ['application/octet-stream'], actions: ['pull'] }
  registries = {
    all: await startRegistry({ notify: { url, token: TOKENS.all } }),
    pushes: await startRegistry({ notify: { url, token: TOKENS.pushes, ignore } }),
  }
  tallyman = await startTallyman({
    reconcile: { onNewInstance: false },
    registries: {
      all: { url: registries.all.url, token: TOKENS.all },
      pushes: { url: registries.pushes.url, token: TOKENS.pushes },
      target: { url: 'http://127.0.0.1:1' },
    },
  })
  await tallyman.app.listen({ port })
})
afterAll(async () => {
  await tallyman?.close()
  for (const registry of Object.values(registries ?? {})) await registry.close()
})

const status = async () => {
  const answer = await tallyman.get<{ registries: { name: string; pulls: string }[] }>('/v1/registries')
  return Object.fromEntries(answer.registries.map(({ name, pulls }) => [name, pulls]))
}

async function push(name: keyof typeof TOKENS) {
  const client = makeRegistryClient({ name, url: registries[name].url })
  await pushImage(client, 'team/app', 'v1', makeImage({ layers: [{ seed: name, bytes: 2_000 }] }))
  await client.close()
  await registries[name].untilDelivered()
}

test("the requests of Tallyman's own reconcile show which registry sends its pulls", async () => {
  await push('all')
  await push('pushes')
  await tallyman.untilDone('events')
  expect(await status()).toMatchObject({ target: 'target only: it sends no events' })
  // Until a reconcile has shown it, pulls are not heard, even if many come.
  const got = await fetch(`${registries.pushes.url}/v2/team/app/manifests/v1`)
  await got.arrayBuffer()

  await tallyman.reconcile('all')
  await tallyman.reconcile('pushes')
  await registries.all.untilDelivered()
  await eventually(status, ({ all = '' }) => all.startsWith('pulls are heard since 20'))
  expect((await status()).pushes).toMatch(/^pulls may not be heard: none came yet since the reconcile of 20/)
  const metrics = await tallyman.app.inject({ url: '/metrics' })
  expect(metrics.body).toContain('tallyman_registry_pulls_heard{registry="all"} 1')
  expect(metrics.body).toContain('tallyman_registry_pulls_heard{registry="pushes"} 0')
})
