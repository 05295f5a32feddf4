import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasSwift, type LabSwift, startSwift } from '../../../lab/swift.ts'
import { makeSwiftInspector } from '../../../src/storage/settings/swift-inspector.ts'
import { type SwiftBed, startSwiftBed } from '../../storage/swift-bed.ts'
import { BLOB, examine, fill } from './storage-bed.ts'

const LATE = 'note late-listings (certain)'

describe.runIf(hasSwift)('the doctor of a container of Swift', () => {
  let swift: LabSwift
  let bed: SwiftBed
  let at: ReturnType<SwiftBed['open']>
  let containers = 0
  beforeAll(async () => {
    swift = await startSwift()
  })
  afterAll(() => swift?.close())
  beforeEach(async () => {
    bed = await startSwiftBed(swift, `doctor-${containers++}`)
    at = bed.at('reg')
    await fill(at.put)
  })

  const set = (headers: Record<string, string>) => bed.send('POST', bed.container, { headers })
  const examined = (prefix = 'reg') => {
    const { authUrl, username, password } = swift
    const login = { authUrl, username, password, authVersion: 1 as const, endpointType: 'public' as const }
    const options = { ...login, registry: 'ci', container: bed.container, prefix }
    return examine(
      'swift',
      prefix === 'reg' ? at.storage : bed.at(prefix).storage,
      makeSwiftInspector(options),
    )
  }

  it('finds nothing in a healthy container but that listings are late, and leaves nothing behind', async () => {
    const before = await bed.disk('')
    const { short, facts } = await examined()
    expect(short).toEqual([LATE])
    expect(facts.settings.may).toEqual({
      ...{ list: { value: true }, read: { value: true }, write: { value: true }, delete: { value: true } },
    })
    expect(facts.settings.clock).toBeDefined()
    expect(await bed.disk('')).toEqual(before)
  })

  it('a container that is synchronised', async () => {
    await set({ 'x-container-sync-to': 'http://127.0.0.1:1/v1/AUTH_b/copy', 'x-container-sync-key': 'k' })
    const { short, text } = await examined()
    expect(short).toEqual(['warning replication (certain)', LATE])
    expect(text).toContain('AUTH_b/copy')
  })

  it('old versions', async () => {
    await bed.send('PUT', 'archive')
    await set({ 'x-versions-location': 'archive' })
    const { short } = await examined()
    expect(short).toEqual(['warning versioning (likely)', LATE, 'note permissions (not known)'])
    const { names } = await bed.disk('')
    expect(names.filter((name) => name.includes('tallyman'))).toEqual([])
  })

  it('objects that will be deleted', async () => {
    const headers = { 'x-delete-at': String(Math.floor(Date.now() / 1000) + 3_600) }
    await bed.send('POST', bed.encoded(`reg/files/${BLOB}`), { headers })
    const { short, text } = await examined()
    expect(short).toEqual(['error objects-expire (certain)', LATE])
    expect(text).toContain('X-Delete-At')
  })

  it('a quota that is nearly used up', async () => {
    const { bytes } = await bed.disk('')
    await set({ 'x-container-meta-quota-bytes': String(bytes + 1) })
    const { short } = await examined()
    // The container counts its bytes a moment later.
    expect(['error nearly-full (certain)', 'warning nearly-full (certain)']).toContain(short[0])
  })

  it('says where the registry is instead, and knows a container that is missing', async () => {
    const wrong = await examined('other')
    expect(wrong.short[0]).toBe('error no-registry-here (certain)')
    expect(wrong.text).toContain("prefix: 'reg'. There is one")
  })
})
