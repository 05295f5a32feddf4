import { Readable } from 'node:stream'
import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readSnapshot } from '../../src/snapshot/read-snapshot.ts'
import { SnapshotError } from '../../src/snapshot/snapshot-error.ts'

test('a line without an end is refused before it fills memory', async () => {
  const bomb = zstdCompressSync(Buffer.alloc(200 * 1024 * 1024, 97))
  expect(bomb.length).toBeLessThan(100_000)
  const reading = readSnapshot({ read: async () => Readable.from([bomb]) }, 'snapshots/x')
  const failure = await reading.next().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(SnapshotError)
  expect(String(failure)).toContain('snapshots/x: a line has more than 67108864 bytes')
})
