import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LabKeystone, startKeystone } from '../../lab/keystone.ts'
import { startProxy } from '../../lab/proxy.ts'
import { type LabRgw, startRgw } from '../../lab/rgw.ts'
import { hasSwift, type LabSwift, startSwift } from '../../lab/swift.ts'
import { blobKey } from '../../src/storage/layout.ts'
import type { HiddenObject } from '../../src/storage/storage.ts'
import { makeSwiftStorage, type SwiftStorageOptions } from '../../src/storage/swift-storage.ts'
import { hasS3 } from '../store/s3-bed.ts'
import { registryStorageContract } from './contract.ts'
import { type SwiftBed, startSwiftBed } from './swift-bed.ts'

if (!hasSwift)
  process.stderr.write(
    'A registry on Swift: skipped, because Swift is not installed. As root on Debian, LAB_SWIFT=1 installs it (380 MB).\n',
  )

const MiB = 1024 * 1024
const DIGESTS = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`)
const [FIRST = '', SECOND = ''] = DIGESTS.map(blobKey)
const later = () => new Date(Date.now() + 60_000)
const brief = (all: HiddenObject[]) =>
  all
    .map(({ kind, key, size }) => ({ kind, key, size }))
    .sort((a, b) => (a.kind + a.key < b.kind + b.key ? -1 : 1))

describe.runIf(hasSwift)('a registry in a container of Swift', () => {
  let swift: LabSwift
  let bed: SwiftBed
  beforeAll(async () => {
    swift = await startSwift()
    bed = await startSwiftBed(swift, swift.container)
  })
  afterAll(() => swift?.close())

  registryStorageContract(async () => bed.open())
  swiftBehaviour(() => bed)

  it('counts the segments of static large objects as used', async () => {
    const { storage, segment, prefix } = bed.open()
    const name = await segment('abc/static', 1, randomBytes(MiB))
    const body = Buffer.from(JSON.stringify([{ path: `/${bed.container}/${prefix}/${name}` }]))
    await bed.send('PUT', `${bed.encoded(`${prefix}/files/large`)}?multipart-manifest=put`, { body })
    expect(await storage.head('large')).toMatchObject({ size: MiB })
    expect(await Array.fromAsync(storage.list(''))).toMatchObject([{ key: 'large', size: MiB }])
    expect(await Array.fromAsync(storage.hidden())).toEqual([])
    expect(await storage.copy('large', 'copy')).toBe(true)
    await storage.delete(['large'])
    expect(await Array.fromAsync(storage.hidden())).toEqual([])
    expect((await storage.get('copy'))?.length).toBe(MiB)
  })

  it('shows what a container keeps of old versions, in itself and in another, and frees no segment there', async () => {
    const containers = [
      { container: 'versions', headers: { 'x-versions-enabled': 'true' } },
      { container: 'history', headers: { 'x-history-location': 'archive' } },
    ]
    await bed.send('PUT', 'archive')
    for (const { container, headers } of containers) {
      const versioned = await startSwiftBed(swift, container)
      await versioned.send('POST', container, { headers })
      const { storage, put, segment } = versioned.open()
      await put('twice', Buffer.from('old one'))
      await put('twice', Buffer.from('new'))
      await put('gone', Buffer.from('deleted'))
      await storage.delete(['gone'])
      const name = await segment('abc/lost', 1, Buffer.from('segment'))
      expect(brief(await Array.fromAsync(storage.hidden())), container).toEqual([
        { kind: 'marker', key: 'gone', size: 0 },
        { kind: 'segment', key: name, size: 7 },
        { kind: 'version', key: 'gone', size: 7 },
        { kind: 'version', key: 'twice', size: 7 },
      ])
      await expect(storage.freeSegments?.([name], later())).rejects.toThrow(/keeps old versions/)
    }
  })

  describe('behind Keystone', () => {
    let keystone: LabKeystone
    beforeAll(async () => {
      keystone = await startKeystone(swift)
    })
    afterAll(() => keystone?.close())

    const storageWith = (login: Partial<SwiftStorageOptions>, prefix = 'of-keystone') =>
      makeSwiftStorage({
        ...{ registry: 'lab', authVersion: 3, endpointType: 'public', authUrl: keystone.authUrl },
        ...{ container: bed.container, prefix, pauses: [1, 1, 1], ...login },
      })
    const byName = () => ({
      ...{
        username: keystone.user.name,
        domain: keystone.user.domain.name,
        password: keystone.user.password,
      },
      ...{ tenant: keystone.project.name, tenantDomain: keystone.project.domain.name },
    })

    it.each<[string, () => Partial<SwiftStorageOptions>]>([
      ['names', byName],
      [
        'ids',
        () => ({ userId: keystone.user.id, password: keystone.user.password, tenantId: keystone.project.id }),
      ],
      [
        'an application credential',
        () => ({
          applicationCredentialId: keystone.credential.id,
          applicationCredentialSecret: keystone.credential.secret,
        }),
      ],
    ])('logs in with %s', async (_, login) => {
      const { put, prefix } = bed.open()
      await put('a', Buffer.from('text'))
      const storage = storageWith(login(), prefix)
      expect((await storage.get('a'))?.toString()).toBe('text')
    })

    it('says what is wrong with a login', async () => {
      const check = (login: Partial<SwiftStorageOptions>) => storageWith({ ...byName(), ...login }).head('a')
      await expect(check({ password: 'wrong one' })).rejects.toThrow(
        /lab: log in to Swift at .*: 401 \(Swift does not accept the login/,
      )
      await expect(check({ password: 'wrong one' })).rejects.not.toThrow('wrong one')
      await expect(check({ domain: undefined })).rejects.toThrow('401')
      await expect(check({ tenant: undefined })).rejects.toThrow('name the project')
      await expect(check({ region: 'south' })).rejects.toThrow('in the region south; it has it in north')
      await expect(check({ endpointType: 'admin' })).rejects.toThrow('no object-store with a admin URL')
      keystone.state.regions = ['north', 'south']
      try {
        await expect(check({})).rejects.toThrow('name one: north, south')
        expect(await check({ region: 'south' })).toBeUndefined()
      } finally {
        keystone.state.regions = ['north']
      }
    })

    it('is reached over the proxy', async () => {
      const proxy = await startProxy()
      try {
        const over = { http: proxy.url, https: proxy.url, except: [] }
        const storage = storageWith({ ...byName(), reach: { proxy: over } })
        expect(await storage.head('a')).toBeUndefined()
        expect(proxy.asked.length).toBeGreaterThan(0)
      } finally {
        await proxy.close()
      }
    })

    it('logs in again once for all requests when its token is no longer good', async () => {
      const { put, prefix } = bed.open()
      const keys = Array.from({ length: 30 }, (_, n) => `many/${n}`)
      for (const key of keys) await put(key, Buffer.from(key))
      const storage = storageWith(byName(), prefix)
      const all = () => Promise.all(keys.map(async (key) => (await storage.get(key))?.toString()))
      expect(await all()).toEqual(keys)
      const before = keystone.state.logins
      keystone.expire()
      expect(await all()).toEqual(keys)
      expect(keystone.state.logins).toBe(before + 1)
    })

    it('asks again after a failure that may pass, and ends', async () => {
      const { put, prefix } = bed.open()
      await put('a', Buffer.from('text'))
      const storage = storageWith(byName(), prefix)
      for (const status of [500, 503, 498, 429]) {
        let left = 3
        keystone.state.refuse = () => (left-- > 0 ? status : undefined)
        expect((await storage.get('a'))?.toString(), String(status)).toBe('text')
        keystone.state.refuse = () => status
        await expect(storage.get('a')).rejects.toThrow(String(status))
        keystone.state.refuse = undefined
      }
      let asked = 0
      keystone.state.refuse = () => {
        asked++
        return 403
      }
      await expect(Array.fromAsync(storage.list(''))).rejects.toThrow('403')
      keystone.state.refuse = undefined
      expect(asked).toBe(1)
    })

    it('deletes one by one where there is no bulk delete, and many at once where there is', async () => {
      for (const hasInfo of [true, false]) {
        const { put, prefix } = bed.open()
        const keys = Array.from({ length: 20 }, (_, n) => `many/${n}`)
        for (const key of keys) await put(key, Buffer.from(key))
        const storage = storageWith(byName(), prefix)
        keystone.state.asked.length = 0
        keystone.state.refuse = ({ url }) => (url === '/info' && !hasInfo ? 404 : undefined)
        await storage.delete([...keys, 'many/absent'])
        keystone.state.refuse = undefined
        expect((await bed.disk(`${prefix}/`)).names).toEqual([])
        const deletes = keystone.state.asked.filter((line) => line.startsWith('DELETE '))
        const bulk = keystone.state.asked.filter((line) => /^POST .*bulk-delete/.test(line))
        expect([deletes.length, bulk.length]).toEqual(hasInfo ? [0, 1] : [21, 0])
      }
    })
  })
})

describe.runIf(hasS3)("a registry in a container of Ceph's gateway, over its Swift API", () => {
  let rgw: LabRgw
  let bed: SwiftBed
  beforeAll(async () => {
    rgw = await startRgw()
    bed = await startSwiftBed(
      { authUrl: `${rgw.endpoint}/auth/v1.0`, username: 'lab:swift', password: 'swiftsecret' },
      'registry',
    )
  })
  afterAll(() => rgw?.close())

  registryStorageContract(async () => bed.open())
  swiftBehaviour(() => bed)
})

/** What both real servers do. */
function swiftBehaviour(bedOf: () => SwiftBed) {
  it('a container that is missing is no empty one', async () => {
    const bed = bedOf()
    const { storage: there } = bed.open()
    expect(await there.head('a')).toBeUndefined()
    const missing = (await startSwiftBed(bed.login, 'missing')).open().storage
    await bed.send('DELETE', 'missing')
    for (const act of [
      () => Array.fromAsync(missing.list('')),
      () => missing.folders(''),
      () => missing.head('a'),
      () => missing.get('a'),
      () => missing.copy('a', 'b'),
      () => missing.delete(['a']),
      () => Array.fromAsync(missing.hidden()),
    ])
      await expect(act()).rejects.toThrow(/404|missing/)
  })

  it('a copy of a large object costs no space, says so, and lives on its segments', async () => {
    const bed = bedOf()
    const { storage, put, prefix } = bed.open()
    const bytes = randomBytes(2 * MiB + 5)
    await put(FIRST, bytes)
    expect(await storage.copy(FIRST, 'trash/first')).toBe(true)
    expect((await bed.disk(`${prefix}/`)).bytes).toBe(bytes.length)
    const listed = await Array.fromAsync(storage.list(''))
    expect(listed).toMatchObject([
      { key: FIRST, size: bytes.length },
      { key: 'trash/first', size: bytes.length },
    ])
    expect(new Set(listed.map(({ sharing }) => sharing ?? '')).size).toBe(1)
    await storage.delete([FIRST])
    expect(await Array.fromAsync(storage.hidden())).toEqual([])
    expect((await storage.get('trash/first'))?.equals(bytes)).toBe(true)
  })

  it('frees the segments of what was deleted, when no object has them any more and they are old enough', async () => {
    const bed = bedOf()
    const { storage, put, prefix } = bed.open()
    const [first, second] = [randomBytes(2 * MiB + 5), randomBytes(MiB + 1)]
    await put(FIRST, first)
    await put(SECOND, second)
    await storage.copy(FIRST, 'trash/first')
    await storage.delete([FIRST, SECOND])
    const hidden = await Array.fromAsync(storage.hidden())
    expect(hidden).toHaveLength(2)
    expect(hidden.reduce((sum, { size }) => sum + size, 0)).toBe(second.length)
    const keys = hidden.map(({ key }) => key)

    const none = { objects: 0, bytes: 0 }
    expect(await storage.freeSegments?.(keys, new Date(Date.now() - 3_600_000))).toEqual(none)
    expect(await storage.freeSegments?.(keys.slice(1), later()), 'not all were seen before').toEqual(none)
    const { names } = await bed.disk(`${prefix}/segments/`)
    const all = names.map((name) => name.slice(prefix.length + 1))
    expect(all).toHaveLength(5)
    expect(await storage.freeSegments?.(all, later())).toEqual({ objects: 2, bytes: second.length })
    expect(await Array.fromAsync(storage.hidden())).toEqual([])
    expect((await bed.disk(`${prefix}/`)).bytes).toBe(first.length)
    expect((await storage.get('trash/first'))?.equals(first)).toBe(true)
  })

  it('frees no segment that an object at another place of the container has', async () => {
    const bed = bedOf()
    const { storage, put, prefix } = bed.open()
    const bytes = randomBytes(2 * MiB)
    await put(FIRST, bytes)
    const from = bed.encoded(`${prefix}/files/${FIRST}`)
    const backup = bed.encoded(`backup of ${prefix}`)
    const headers = { 'x-copy-from': `/${from}`, 'content-length': '0' }
    await bed.send('PUT', `${backup}?multipart-manifest=get`, { headers })
    const { names } = await bed.disk(`${prefix}/segments/`)
    await storage.delete([FIRST])
    expect(await Array.fromAsync(storage.hidden())).toEqual([])
    const keys = names.map((name) => name.slice(prefix.length + 1))
    expect(await storage.freeSegments?.(keys, later())).toEqual({ objects: 0, bytes: 0 })
    expect((await (await bed.send('GET', backup)).arrayBuffer()).byteLength).toBe(bytes.length)
    await bed.send('DELETE', backup)
    expect(await Array.fromAsync(storage.hidden())).toHaveLength(2)
  })

  it('frees no segment of an upload that is not over, whatever its age', async () => {
    const { storage, segment, put } = bedOf().open()
    const upload = 'docker/registry/v2/repositories/team/app/_uploads/an-id'
    // The driver's name: the path, 32 bytes by chance and a SHA-1, in hex.
    const hex = Buffer.concat([Buffer.from(`/${upload}/data`), randomBytes(52)]).toString('hex')
    const name = await segment(`${hex.slice(0, 3)}/${hex.slice(3)}`, 1, randomBytes(1_000))
    await put(`${upload}/startedat`, Buffer.from('2026-01-01T00:00:00Z'))
    expect(await Array.fromAsync(storage.hidden())).toMatchObject([
      { kind: 'segment', key: name, size: 1_000 },
    ])
    expect(await storage.freeSegments?.([name], later())).toEqual({ objects: 0, bytes: 0 })
    await storage.delete([`${upload}/startedat`])
    expect(await storage.freeSegments?.([name], later())).toEqual({ objects: 1, bytes: 1_000 })
    expect(await Array.fromAsync(storage.hidden())).toEqual([])
  })
}
