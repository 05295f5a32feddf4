import pMap from 'p-map'
import type { CopyClient } from '../promotion/copy/copy-client.ts'
import { CopyError } from '../promotion/copy/copy-error.ts'
import { givesBlob } from '../promotion/copy/gives-blob.ts'
import { type GraphNode, makeGraphReader } from '../promotion/copy/read-graph.ts'
import { asHeld } from '../registry/as-held.ts'
import { type Content, contentsOf, type Damage, damageOf } from './damage.ts'
import { readContent } from './read-content.ts'

const AT_ONCE = { concurrency: 4 }

/** What is wrong with an image now, and the manifests of it that are there: children first. */
export interface Inspected {
  damages: Damage[]
  nodes: GraphNode[]
}

/**
 * Looks at an image over the API: its manifests are read, and of each content a byte and the size; of those in `deep`, all bytes.
 * @throws RegistryError, InvalidManifest; CopyError if there is too much of it
 */
export async function inspectImage(
  side: { client: CopyClient; repository: string },
  digest: string,
  { deep = new Set() }: { deep?: ReadonlySet<string> } = {},
): Promise<Inspected> {
  const reader = makeGraphReader({ from: side, sparse: 'allow', signal: new AbortController().signal })
  const nodes = await reader.read(digest).catch((error): undefined => {
    if (error instanceof CopyError && error.code === 'absent') return undefined
    throw error
  })
  if (nodes === undefined)
    return { nodes: [], damages: [{ digest, part: 'manifest', fault: 'missing', size: 0 }] }
  const { client, repository } = side
  const held = await pMap(
    nodes,
    ({ manifest }) => asHeld(manifest, (d) => client.headBlob(repository, d)),
    AT_ONCE,
  )
  const contents = new Map(held.flatMap(contentsOf).map((content) => [content.digest, content]))
  const sizes = new Map(nodes.flatMap(({ manifest }) => manifest.children.map((c) => [c.digest, c.size])))
  const absent = [...reader.absent].map(
    (child): Damage => ({ digest: child, part: 'child', fault: 'missing', size: sizes.get(child) ?? 0 }),
  )
  const found = await pMap(
    contents.values(),
    (content) => damageAt(side, content, deep.has(content.digest) ? 'all' : 'a byte'),
    AT_ONCE,
  )
  return { nodes, damages: [...absent, ...found.filter((damage) => damage !== undefined)] }
}

/** What is wrong with a content of a repository, after a byte or all of it was read. @throws RegistryError */
export async function damageAt(
  { client, repository }: { client: CopyClient; repository: string },
  content: Content,
  read: 'a byte' | 'all',
): Promise<Damage | undefined> {
  if (read === 'all') return readContent({ client, repository }, content)
  if (!(await givesBlob({ client, repository }, content.digest))) return { ...content, fault: 'missing' }
  const size = (await client.headBlob(repository, content.digest))?.size
  return size === undefined ? undefined : damageOf(content, size)
}
