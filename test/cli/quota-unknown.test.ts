import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { makeQuotaView } from '../../src/http/quota-view.ts'
import { NEVER } from '../../src/quota/evaluate.ts'
import { tallyman } from './cli-bed.ts'

test('a quota of which nobody knows yet how much is used is no missing quota, and its check is not ok', async () => {
  const view = makeQuotaView({
    flags: { entry: async () => ({ state: NEVER, text: '' }) },
    inForce: {
      of: async () => ({
        quota: { registry: 'ci', measure: 'stored', limit: 2048, warnAt: [0.8], grace: 0 },
      }),
    },
    measure: async () => undefined,
    inTurn: (work) => work(),
  })
  const app = fastify()
  app.get('/v1/registries/ci/quota', async () => ({
    id: 'ci',
    ...(await view({ kind: 'registry', id: 'ci' })),
  }))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  try {
    const run = (command: string) =>
      tallyman({ TALLYMAN_TOKEN: 'token' }, '--url', url, 'quota', command, '--registry', 'ci')
    expect((await run('show')).out).toMatch(/^stored +not known yet of 2\.0 KiB$/m)
    expect(await run('check')).toMatchObject({
      out: 'it is not known yet how much of its quota ci uses\n',
      status: 1,
    })
  } finally {
    await app.close()
  }
})
