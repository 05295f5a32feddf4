import { Readable } from 'node:stream'
import { createZstdCompress } from 'node:zlib'
import { expect, test } from 'vitest'
import { readSnapshot } from '../../src/snapshot/read-snapshot.ts'
import { SnapshotError } from '../../src/snapshot/snapshot-error.ts'

test('a line without an end is refused before it fills memory', async () => {
  let made = 0
  const bomb = Readable.from(
    (async function* () {
      for (; made < 2_000; made++) yield Buffer.alloc(1024 * 1024, 97)
    })(),
  ).pipe(createZstdCompress())
  const reading = readSnapshot({ read: async () => bomb }, 'snapshots/x')
  const failure = await reading.next().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(SnapshotError)
  expect(String(failure)).toContain('snapshots/x: a line has more than')
  expect(made).toBeLessThan(1_000)
  bomb.destroy()
})
