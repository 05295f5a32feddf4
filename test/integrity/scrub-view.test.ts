import { expect, test } from 'vitest'
import { makeScrubView } from '../../src/integrity/scrub-view.ts'
import type { CopyClient } from '../../src/promotion/copy/copy-client.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

/** A way to a registry whose manifests are read so. */
const side = (url: string, getManifest: () => Promise<undefined>) => ({
  url,
  client: { getManifest } as Partial<CopyClient> as CopyClient,
})

test('what a stop keeps from being read at the registry itself is not said to be unreadable there', async () => {
  const stopping = new AbortController()
  const consumer = side('http://cache', async () => {
    const facts = { registry: 'ci', operation: 'GET manifest', reason: 'wrong bytes' }
    throw new RegistryError({ ...facts, isWrongContent: true })
  })
  const away = async () => {
    throw new RegistryError({ registry: 'ci', operation: 'GET manifest', reason: '', status: 503 })
  }
  const { manifests } = makeScrubView({
    ...{ consumer, stopped: stopping.signal },
    own: side('http://own', away),
  })
  const { damage } = await manifests('team/app', DIGEST)
  expect(damage).toMatchObject({
    fault: 'corrupt',
    at: 'as http://cache serves it; the registry itself, http://own, could not be read',
  })
  const stopped = makeScrubView({
    ...{ consumer, stopped: stopping.signal },
    own: side('http://own', async () => {
      stopping.abort()
      return away()
    }),
  })
  await expect(stopped.manifests('team/app', DIGEST)).rejects.toMatchObject({ name: 'AbortError' })
})
