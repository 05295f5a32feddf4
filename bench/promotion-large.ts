import { makeCopier } from '../src/promotion/copy/copy-image.ts'
import { makeRegistryClient } from '../src/registry/client.ts'
import { peakMemoryKb } from './peak-memory.ts'

/** A process of its own that copies one image, so that its memory is the copy's: `SOURCE TARGET REPOSITORY DIGEST`. */
const [from = '', to = '', repository = '', digest = ''] = process.argv.slice(2)
const clients = [from, to].map((url) => makeRegistryClient({ name: url, url }))
const [source, target] = clients
if (source === undefined || target === undefined) throw new Error('two registries are needed')
const began = performance.now()
const { blobs } = await makeCopier().copyImage({
  source: { client: source, repository },
  target: { client: target, repository },
  ...{ sameRegistry: false, digest, sparse: 'refuse', verify: 'sample', referrers: true },
  mountFrom: async () => [],
})
const s = (performance.now() - began) / 1000
await Promise.all(clients.map((client) => client.close()))
process.stdout.write(JSON.stringify({ s, bytes: blobs.sent.bytes, kb: peakMemoryKb() }))
