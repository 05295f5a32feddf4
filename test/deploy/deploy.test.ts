import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const compose = parse(read('docker-compose.yml'), { merge: true })
const config = () =>
  loadConfig(fileURLToPath(new URL('deploy/tallyman.yaml', root)), {
    ...compose.services.worker.environment,
    TALLYMAN_DATA_DIR: '/data',
    TALLYMAN_SERVER__HOST: '0.0.0.0',
  })

test('the configuration of docker-compose.yml loads, and each service that it names exists and has a health check', async () => {
  const { redis, registries, store } = await config()
  const urls = [redis.url, registries.ci?.url, store.type === 's3' ? store.endpoint : undefined]
  for (const url of urls) expect(Object.keys(compose.services)).toContain(new URL(url ?? '').hostname)
  const image = read('Dockerfile')
  for (const [name, service] of Object.entries<{ healthcheck?: object; build?: string }>(compose.services)) {
    const isChecked = service.healthcheck !== undefined || (service.build && image.includes('HEALTHCHECK'))
    expect([name, name === 's3-bucket' || Boolean(isChecked)]).toEqual([name, true])
  }
})

test('the registry sends its events to the port of Tallyman, with the token that Tallyman expects', async () => {
  const { server, registries } = await config()
  const { endpoints, events } = parse(read('deploy/registry.yml')).notifications
  const url = new URL(endpoints[0].url)
  expect([url.hostname, url.port, url.pathname]).toEqual(['tallyman', String(server.port), '/v1/events'])
  expect(endpoints[0].headers.Authorization).toEqual([`Bearer ${registries.ci?.token}`])
  expect(events.includereferences).toBe(true)
})

test('every image that is pulled has a version', () => {
  const pulled = Object.values<{ image?: string; build?: string }>(compose.services).flatMap(
    ({ image, build }) => (image === undefined || build ? [] : [image]),
  )
  expect(pulled.length).toBeGreaterThan(2)
  for (const image of pulled) expect(image).toMatch(/^[a-z/]+:\d+\.\d+/)
})

test('S3 has the credentials that Tallyman uses', async () => {
  const { store } = await config()
  const [identity] = JSON.parse(read('deploy/s3.json')).identities
  expect(store).toMatchObject({
    accessKeyId: identity.credentials[0].accessKey,
    secretAccessKey: identity.credentials[0].secretKey,
  })
})

test('every file that the Dockerfile copies or docker-compose.yml mounts exists, and .dockerignore allows it', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) =>
    files?.split(' '),
  )
  expect(copied.length).toBeGreaterThan(4)
  for (const file of copied) {
    expect([file, existsSync(new URL(file ?? '', root))]).toEqual([file, true])
    expect(read('.dockerignore').split('\n')).toContain(`!${file}`)
  }
  const mounts = Object.values<{ volumes?: string[] }>(compose.services).flatMap(
    ({ volumes }) => volumes ?? [],
  )
  for (const mount of mounts.filter((m) => m.startsWith('./')))
    expect([mount, existsSync(new URL(mount.split(':')[0] ?? '', root))]).toEqual([mount, true])
})
