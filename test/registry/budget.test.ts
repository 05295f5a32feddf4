import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { startFakeRegistry } from '../../lab/fake-registry.ts'
import { digestOf, seededBytes } from '../../lab/image.ts'
import { upload } from '../../lab/push-image.ts'
import { budgetOf, makeBudget } from '../../src/registry/budget.ts'
import { makeRegistryClient, type RegistryClientOptions } from '../../src/registry/client.ts'
import { LIMITS } from '../../src/registry/limits.ts'

/** A fake registry, and clients of it. */
async function fakeWith(...options: Partial<RegistryClientOptions>[]) {
  const fake = await startFakeRegistry()
  const clients = options.map((more) => makeRegistryClient({ name: 'lab', url: fake.url, ...more }))
  onTestFinished(async () => {
    for (const client of clients) await client.close()
    await fake.close()
  })
  return { fake, clients }
}

it('begins so many requests in a second, for all clients of a host together', async () => {
  const { clients } = await fakeWith({}, { requestsPerSecond: 20 }, { requestsPerSecond: 1000 })
  const before = performance.now()
  await Promise.all([...clients, ...clients, ...clients].map((client) => client.ping()))
  expect(performance.now() - before).toBeGreaterThan(8 * 50 - 5)
})

it('sends no more requests at once than a host may get, and frees the place of one that fails', async () => {
  const budget = makeBudget({ atOnce: 2 })
  let running = 0
  let most = 0
  const work = async (n: number) => {
    most = Math.max(most, ++running)
    await sleep(5)
    running--
    if (n % 2 === 0) throw new Error('failed')
  }
  const done = await Promise.allSettled(Array.from({ length: 9 }, (_, n) => budget.withPlace(() => work(n))))
  expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
  expect(most).toBe(2)
})

it('is shared as long as one client is left, and forgotten then', async () => {
  const never = () => new Promise<string>(() => {})
  const open = () => budgetOf('budget.test', { atOnce: 1 })
  const [one, other] = [open(), open()]
  void one.withPlace(never)
  one.leave()
  one.leave()
  const third = open()
  expect(await Promise.race([third.withPlace(async () => 'sent'), sleep(50, 'waits')])).toBe('waits')
  for (const budget of [other, third]) budget.leave()
  const later = open()
  expect(await later.withPlace(async () => 'sent')).toBe('sent')
  later.leave()
})

it('copies within a host that gives one place, also when the source breaks off', async () => {
  const { fake, clients } = await fakeWith({ limits: { requestsAtOnce: 1 } })
  const client = clients[0]
  if (client === undefined) throw new Error('no client')
  const bytes = seededBytes('one place', 3_000_000)
  const digest = await upload(client, 'a', bytes)
  let left = 1
  fake.onRequest(({ method, path }) =>
    method === 'GET' && path.includes(digest) && left-- > 0 ? { sends: 2_000_000 } : undefined,
  )
  await client.uploadBlob('b', { digest }, (from) => client.getBlob('a', digest, { from }))
  expect(fake.repositories.get('b')?.blobs.get(digestOf(bytes))).toEqual(bytes)
})

it('lets all clients of a host wait when it asks one of them to', async () => {
  const { fake, clients } = await fakeWith({}, {})
  const [one, other] = clients
  fake.onRequest(() => ({ status: 429, code: 'TOOMANYREQUESTS', retryAfter: 1 }))
  const before = performance.now()
  const asked = one?.ping()
  await expect.poll(() => fake.requests.length).toBe(1)
  fake.onRequest(() => undefined)
  // The answer arrives.
  await sleep(100)
  const took = [asked, other?.ping()].map((ping) => ping?.then(() => performance.now() - before))
  for (const ms of await Promise.all(took)) expect(ms).toBeGreaterThan(995)
  expect(fake.requests).toHaveLength(3)
})

it('says how long a registry wants it to wait if that is longer than it waits', async () => {
  const { fake, clients } = await fakeWith({ limits: { longestWaitMs: 1500 } })
  let n = 0
  fake.onRequest(() => ({ status: 503, retryAfter: ++n }))
  await expect(clients[0]?.ping()).rejects.toMatchObject({ retry: true, retryAfter: 2000 })
  expect(fake.requests).toHaveLength(2)
  expect(LIMITS.longestWaitMs).toBe(30_000)
})
