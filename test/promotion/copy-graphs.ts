import fc from 'fast-check'
import { digestOf, OCI_INDEX, OCI_MANIFEST } from '../../lab/image.ts'
import type { MemoryRegistry } from './copy-memory-registry.ts'

/** A made-up manifest. Numbers name blobs, and manifests that come before it in the list. */
interface Draft {
  kind: 'image' | 'index' | 'cache'
  blobs: number[]
  below: number[]
  subject: number | undefined
  /** The manifest to which a tag of cosign says that it belongs. */
  tagOf: number | undefined
}

/** A registry's repository: manifests that list each other and share blobs, and tell what belongs to what. */
export interface Graph {
  drafts: Draft[]
  /** Which manifest is copied. */
  root: number
}

const BLOBS = 8
const earlier = fc.integer({ min: 1, max: 6 })
const sometimes = <T>(value: fc.Arbitrary<T>, weight: number) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight, arbitrary: value })

const anyDraft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.constantFrom('image', 'image', 'index', 'index', 'cache'),
  blobs: fc.array(fc.nat({ max: BLOBS - 1 }), { maxLength: 4 }),
  below: fc.array(earlier, { minLength: 1, maxLength: 4 }),
  subject: sometimes(earlier, 2),
  tagOf: sometimes(earlier, 1),
})

export const anyGraph: fc.Arbitrary<Graph> = fc
  .array(anyDraft, { minLength: 1, maxLength: 14, size: 'max' })
  .chain((drafts) => fc.record({ drafts: fc.constant(drafts), root: fc.nat({ max: drafts.length - 1 }) }))

export interface Pushed {
  root: string
  /** By digest: blobs and manifests that it lists. */
  lists: Map<string, { blobs: string[]; children: string[] }>
  /** By digest of what they belong to: those that name it as their subject, and the one that a tag of cosign names. */
  belonging: Map<string, { subject: Set<string>; tag?: string }>
}

const blobOf = (n: number) => Buffer.from(`blob ${n}`)

/** Pushes a graph into a repository, and says what must arrive with each manifest. */
export async function push({ drafts, root }: Graph, registry: MemoryRegistry, name: string): Promise<Pushed> {
  const { client } = registry
  const digests: string[] = []
  const pushed: Pushed = { root: '', lists: new Map(), belonging: new Map() }
  const belongingTo = (digest: string) => {
    const found = pushed.belonging.get(digest) ?? { subject: new Set<string>() }
    pushed.belonging.set(digest, found)
    return found
  }
  for (const [n, draft] of drafts.entries()) {
    const nth = (step: number) => digests[n - step]
    const blobs = [n + 100, ...draft.blobs].map(blobOf)
    for (const blob of blobs) registry.repository(name).blobs.set(digestOf(blob), blob)
    const descriptors = blobs.map((blob) => ({
      ...{ mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length },
    }))
    const children = draft.kind === 'index' ? draft.below.flatMap((step) => nth(step) ?? []) : []
    const listed = children.map((digest) => {
      const { mediaType = '', bytes } = registry.repository(name).manifests.get(digest) ?? {}
      return { mediaType, digest, size: bytes?.length ?? 0 }
    })
    const isImage = draft.kind === 'image'
    const subject = draft.subject === undefined ? undefined : nth(draft.subject)
    const body = {
      ...{ schemaVersion: 2, mediaType: isImage ? OCI_MANIFEST : OCI_INDEX, annotations: { n: `${n}` } },
      ...(isImage ? { config: descriptors[0], layers: descriptors.slice(1) } : {}),
      ...(draft.kind === 'index' && { manifests: listed }),
      ...(draft.kind === 'cache' && { manifests: descriptors }),
      ...(subject && { subject: { mediaType: OCI_MANIFEST, digest: subject, size: 2 } }),
    }
    const bytes = Buffer.from(JSON.stringify(body))
    const digest = await client.putManifest(name, digestOf(bytes), bytes, body.mediaType)
    digests.push(digest)
    const contents = draft.kind === 'index' ? [] : descriptors.map((one) => one.digest)
    pushed.lists.set(digest, { blobs: contents, children })
    if (subject !== undefined) {
      belongingTo(subject).subject.add(digest)
      await client.addReferrers(name, subject, [{ mediaType: body.mediaType, digest, size: bytes.length }])
    }
    const tagged = draft.tagOf === undefined ? undefined : nth(draft.tagOf)
    if (tagged !== undefined) {
      belongingTo(tagged).tag = digest
      registry.repository(name).tags.set(`${tagged.replace(':', '-')}.sig`, digest)
    }
  }
  pushed.root = digests[root] ?? ''
  return pushed
}

/** All that must arrive: what the root lists, what that lists, what belongs to any of it, and so on. */
export function closureOf({ root, lists, belonging }: Pushed): {
  manifests: Set<string>
  blobs: Set<string>
} {
  const manifests = new Set([root])
  const blobs = new Set<string>()
  for (const digest of manifests) {
    const listed = lists.get(digest)
    const { subject = [], tag } = belonging.get(digest) ?? {}
    for (const one of [...(listed?.children ?? []), ...subject, ...(tag ? [tag] : [])]) manifests.add(one)
    for (const one of listed?.blobs ?? []) blobs.add(one)
  }
  return { manifests, blobs }
}
