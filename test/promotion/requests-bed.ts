import supertest from 'supertest'
import { AUDIENCE, gitlabClaims, type LabKey, makeKey, sign, startIssuer } from '../../lab/issuer.ts'
import { freePort } from '../../lab/ports.ts'
import { startRegistry } from '../../lab/registry.ts'
import { ADMIN_TOKEN, eventually, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import type { PromotionStatus } from '../../src/promotion/status.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

const rule = (name: string, repository: string, more: object = {}) => ({
  ...{ name, when: 'request', settle: '1ms' },
  from: { registry: 'ci', repository, tag: 'v*' },
  to: { registry: 'production', repository: 'released/{name}' },
  ...more,
})

/** The service between two real registries, with rules that act on request, and an issuer of tokens of CI jobs. */
export async function startBed() {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const key: LabKey = await makeKey('one')
  const issuer = await startIssuer([key])
  const ci = await startRegistry({ notify: { url: `${url}/v1/events`, token: WEBHOOK_TOKEN } })
  const production = await startRegistry()
  const tallyman = await startTallyman({
    registries: {
      ci: { url: ci.url, token: WEBHOOK_TOKEN },
      production: { url: production.url },
      away: { url: 'http://127.0.0.1:2' },
      cache: { url: 'http://127.0.0.1:1', type: 'cache' },
    },
    reconcile: { onNewInstance: false },
    actors: false,
    promotion: {
      rules: [
        rule('releases', 'team-a/app'),
        rule('gated', 'team-a/gated', { gates: [{ type: 'approval', people: 2 }] }),
        rule('one', 'team-a/twice'),
        rule('two', 'team-a/twice', { to: { registry: 'production', repository: 'other/{name}' } }),
        rule('moves', 'old/**', { to: { registry: 'production', repository: 'moved/{repository}' } }),
        rule('pushes', 'pushed/**', { when: 'push', follow: 'never' }),
      ],
    },
    ci: {
      issuers: [
        {
          ...{ name: 'gitlab', type: 'gitlab', issuer: issuer.url, audience: AUDIENCE },
          projects: [{ path: '**', registry: 'ci' }],
          conditions: { ref_protected: true },
        },
      ],
    },
  })
  await tallyman.app.listen({ port })
  const source = makeRegistryClient({ name: 'ci', url: ci.url })
  const target = makeRegistryClient({ name: 'production', url: production.url })
  const token = (more: Record<string, unknown> = {}) => sign(key, { ...gitlabClaims(issuer.url), ...more })

  async function ask(
    method: 'get' | 'post',
    path: string,
    body?: object,
    of: string | Promise<string> = ADMIN_TOKEN,
  ) {
    const asked = supertest(tallyman.app.server)
      [method](path)
      .set('authorization', `Bearer ${await of}`)
    const { status, body: answer } = await (body === undefined ? asked : asked.send(body))
    return { status, body: answer }
  }
  return {
    ...{ url, ci, production, tallyman, source, target, token },
    get: (path: string, of?: string | Promise<string>) => ask('get', path, undefined, of),
    post: (path: string, body: object, of?: string | Promise<string>) => ask('post', path, body, of),
    /** Resolves once a promotion has come to a state. */
    until: (id: string, ...states: PromotionStatus['state'][]) =>
      eventually(
        () => tallyman.get<PromotionStatus>(`/v1/promotions/${id}`),
        ({ state }) => states.includes(state),
      ),
    async close() {
      await Promise.all([source.close(), target.close()])
      await tallyman.close()
      await Promise.all([ci.close(), production.close(), issuer.close()])
    },
  }
}
export type Bed = Awaited<ReturnType<typeof startBed>>
