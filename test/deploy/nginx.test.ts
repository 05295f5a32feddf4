import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { hasNginx, startNginx } from '../../lab/nginx.ts'
import { freePort } from '../../lab/ports.ts'
import { skopeoDelete, skopeoPull, skopeoPush } from '../../lab/skopeo.ts'
import { eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { type ServiceBed, startServiceBed } from '../cli/service-bed.ts'
import { nginxConfiguration } from './nginx-configuration.ts'

const configuration = (own: { tallyman: string; registry: string; listen: string }) =>
  nginxConfiguration({ ...own, token: WEBHOOK_TOKEN })

const imageOf = (seed: string) => makeImage({ layers: [{ seed, bytes: 20_000 }] })

describe.skipIf(!hasNginx)('nginx in front of a real registry', () => {
  let bed: ServiceBed
  let nginx: Awaited<ReturnType<typeof startNginx>>
  let host: string
  beforeAll(async () => {
    bed = await startServiceBed({
      admission: { enabled: true },
      quotas: [{ project: 'ci/team/full', limit: '10kB' }],
    })
    host = `127.0.0.1:${await freePort()}`
    const servers = await configuration({
      ...{ tallyman: new URL(bed.url).host, registry: bed.ci.host, listen: host },
    })
    nginx = await startNginx({ servers, url: `http://${host}/v2/` })
  })
  afterAll(async () => {
    await nginx?.close()
    await bed?.close()
  })

  const send = async (method: string, path: string) => {
    const answer = await fetch(`http://${host}${path}`, { method })
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() }
  }
  const upload = () => send('POST', '/v2/team/full/blobs/uploads/')
  const isRefused = () => eventually(upload, ({ status }) => status === 403)
  const DENIED = {
    errors: [
      {
        code: 'DENIED',
        message: expect.stringMatching(
          /^the project team\/full has been over its quota since \d{4}-.* UTC: delete images, or ask for a larger quota$/,
        ),
      },
    ],
  }

  test('a push of a project that is over is refused, with a message that the client shows; all else passes', async () => {
    await skopeoPush(imageOf('first'), `${host}/team/full:v1`)
    const { status, type, body } = await isRefused()
    expect({ status, type, body: JSON.parse(body) }).toEqual({
      ...{ status: 403, type: 'application/json', body: DENIED },
    })
    const push = skopeoPush(imageOf('second'), `${host}/team/full:v2`)
    await expect(push).rejects.toThrow('denied: the project team/full has been over its quota since ')
    // Nothing of it has arrived.
    expect((await send('GET', '/v2/team/full/tags/list')).body).toContain('"tags":["v1"]')

    await skopeoPull(`${host}/team/full:v1`)
    await skopeoPush(imageOf('second'), `${host}/team/other:v1`)
    expect((await send('PUT', '/v2/te%61m/full/manifests/v3')).status).toBe(403)
    // What the registry refuses is told as the registry told it.
    expect(JSON.parse((await send('GET', '/v2/team/full/manifests/none')).body)).toMatchObject({
      errors: [{ code: 'MANIFEST_UNKNOWN' }],
    })
  })

  test('once images are deleted, pushes go on', async () => {
    await skopeoPush(imageOf('first'), `${host}/team/full:v1`).catch(() => {})
    await isRefused()
    await skopeoDelete(`${host}/team/full:v1`)
    await eventually(upload, ({ status }) => status === 202)
    await skopeoPush(imageOf('first'), `${host}/team/full:v1`)
    await isRefused()
  })

  test('if Tallyman does not answer, pushes go on', async () => {
    await skopeoPush(imageOf('first'), `${host}/team/full:v1`).catch(() => {})
    await isRefused()
    const [nobody, listen] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    const servers = await configuration({ tallyman: nobody, registry: bed.ci.host, listen })
    const alone = await startNginx({ servers, url: `http://${listen}/v2/` })
    await skopeoPush(imageOf('second'), `${listen}/team/full:v2`)
    await skopeoPull(`${listen}/team/full:v2`)
    await skopeoDelete(`${listen}/team/full:v2`)
    await alone.close()
  })

  test('it asks for each HEAD of a blob, and for no pull', async () => {
    const asked: string[] = []
    const listener = createServer(({ headers }, answer) => {
      asked.push(`${headers['x-original-method']} ${headers['x-original-uri']}`)
      answer.writeHead(204).end()
    })
    await once(listener.listen(0, '127.0.0.1'), 'listening')
    const listen = `127.0.0.1:${await freePort()}`
    const tallyman = `127.0.0.1:${(listener.address() as AddressInfo).port}`
    const servers = await configuration({ tallyman, registry: bed.ci.host, listen })
    const curious = await startNginx({ servers, url: `http://${listen}/v2/` })
    const blob = `blobs/sha256:${'a'.repeat(64)}`
    const heads = [`/v2/a/${blob}`, `/v2/a/manifests/${blob}`, `/v2/a/manifests/b/${blob}?x=/manifests/y`]
    for (const path of heads) await fetch(`http://${listen}${path}`, { method: 'HEAD' })
    for (const path of ['/v2/a/manifests/v1', '/v2/a/manifests/manifests/v1?n=1'])
      await fetch(`http://${listen}${path}`, { method: 'HEAD' })
    await fetch(`http://${listen}/v2/a/${blob}`)
    await curious.close()
    listener.close()
    listener.closeAllConnections()
    expect(asked).toEqual(heads.map((path) => `HEAD ${path}`))
  })

  test('if Tallyman does not know the token, pushes go on', async () => {
    const listen = `127.0.0.1:${await freePort()}`
    const own = { tallyman: new URL(bed.url).host, registry: bed.ci.host, listen }
    const servers = (await configuration(own)).replace(WEBHOOK_TOKEN, 'another-token')
    const stranger = await startNginx({ servers, url: `http://${listen}/v2/` })
    await skopeoPush(imageOf('third'), `${listen}/team/third:v1`)
    await stranger.close()
  })
})
