import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabCertificates, makeCertificates } from '../../lab/certificates.ts'
import { makeImage } from '../../lab/image.ts'
import { type LabProxy, startProxy } from '../../lab/proxy.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import type { Reach } from '../../src/registry/http-client.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

let certificates: LabCertificates
let registry: LabRegistry
let strict: LabRegistry
let plain: LabRegistry
let proxy: LabProxy
let tls: { ca: string; cert: string; key: string }
beforeAll(async () => {
  certificates = await makeCertificates()
  const [ca, cert, key] = await Promise.all(
    [certificates.ca, certificates.client.cert, certificates.client.key].map((file) =>
      readFile(file, 'utf8'),
    ),
  )
  tls = { ca: ca ?? '', cert: cert ?? '', key: key ?? '' }
  registry = await startRegistry({ tls: certificates.server })
  strict = await startRegistry({ tls: { ...certificates.server, clientCa: certificates.ca } })
  plain = await startRegistry()
  proxy = await startProxy('ann:p@ss')
})
afterAll(async () => {
  for (const thing of [registry, strict, plain, proxy, certificates]) await thing.close()
})

const image = makeImage({ layers: [{ seed: 'reach', bytes: 300_000 }] })

/** Pushes an image and reads its tags. */
async function use(url: string, reach: Reach) {
  const client = makeRegistryClient({ name: 'lab', url, reach })
  try {
    await pushImage(client, 'team/app', 'v1', image)
    return await Array.fromAsync(client.tags('team/app'))
  } finally {
    await client.close()
  }
}

test('a registry with a certificate of an own CA is trusted if the CA is given, and otherwise the error says how', async () => {
  expect(await use(registry.url, { tls: { ca: tls.ca } })).toEqual(['v1'])
  await expect(use(registry.url, {})).rejects.toThrow(/certificate.*registries\.lab\.caFile/)
})

test('a registry with the certificate of a stranger is used if it is called insecure', async () => {
  expect(await use(registry.url, { tls: { insecure: true } })).toEqual(['v1'])
})

test('a registry that wants a client certificate gets it, and refuses those without', async () => {
  expect(await use(strict.url, { tls })).toEqual(['v1'])
  await expect(use(strict.url, { tls: { ca: tls.ca } })).rejects.toThrow(RegistryError)
})

test('the token server is reached in the same way as the registry', async () => {
  const [key, cert] = [await readFile(certificates.server.key), await readFile(certificates.server.cert)]
  const server = createServer({ key, cert, ca: tls.ca, requestCert: true }, ({ url, headers }, answer) => {
    if (url?.startsWith('/token')) return answer.end('{"token":"t"}')
    if (headers.authorization === 'Bearer t') return answer.end()
    return answer.writeHead(401, { 'www-authenticate': `Bearer realm="https://${headers.host}/token"` }).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { username: 'a', password: 'b' }
  const client = makeRegistryClient({ name: 'lab', url, credentials, reach: { tls } })
  await client.ping()
  await client.close()
  server.close()
})

test('requests go over the proxy, with its login, except to the hosts that are excepted', async () => {
  const url = proxy.url.replace('//', '//ann:p%40ss@')
  const over = { http: url, https: url }
  const host = new URL(registry.url).host
  expect(await use(registry.url, { tls, proxy: { ...over, except: [] } })).toEqual(['v1'])
  expect(proxy.asked).toContain(`CONNECT ${host}`)
  expect(await use(plain.url, { proxy: { ...over, except: ['elsewhere.example.com'] } })).toEqual(['v1'])
  expect(proxy.asked).toContain(`GET ${plain.url}/v2/team/app/tags/list?n=1000`)

  const before = proxy.asked.length
  expect(await use(registry.url, { tls, proxy: { ...over, except: [host] } })).toEqual(['v1'])
  expect(await use(plain.url, { proxy: { ...over, except: ['*'] } })).toEqual(['v1'])
  expect(proxy.asked).toHaveLength(before)
})

test.each(['https', 'http'])(
  'a proxy that wants a login is named as the cause of the failure (%s)',
  async (scheme) => {
    const over = { http: proxy.url, https: proxy.url, except: [] }
    const { url } = scheme === 'https' ? registry : plain
    await expect(use(url, { tls, proxy: over })).rejects.toThrow(/proxy.*407|407.*prox/i)
  },
)
