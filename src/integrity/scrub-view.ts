import type { CopyClient } from '../promotion/copy/copy-client.ts'
import { CopyError } from '../promotion/copy/copy-error.ts'
import { makeGraphReader } from '../promotion/copy/read-graph.ts'
import { RegistryError } from '../registry/registry-error.ts'
import type { Content, Damage } from './damage.ts'
import { readContent } from './read-content.ts'

/** One way to a registry. */
export interface ScrubSide {
  client: CopyClient
  url: string
}

/** What the registry itself says of a content that its consumers do not get right. */
type AtOwn = 'good' | 'damaged' | 'unread'

/**
 * Reads what a registry has as its consumers get it. Of what is damaged it asks the registry itself, and says where to look.
 * `consumer` and `own` have the same URL if consumers pull from the registry. All throw AbortError once `stopped` says so.
 */
export function makeScrubView({
  consumer,
  own,
  stopped,
}: {
  consumer: ScrubSide
  own: ScrubSide
  stopped: AbortSignal
}) {
  const isSame = consumer.url === own.url

  /** Reads a content to its end. `onRead` is told all bytes that arrive. @throws RegistryError if nothing can be said of it */
  async function content(
    repository: string,
    wanted: Content,
    onRead: (bytes: number) => void,
  ): Promise<Damage | undefined> {
    const read = ({ client }: ScrubSide) =>
      readContent({ client, repository }, wanted, { onRead, signal: stopped })
    const damage = await read(consumer)
    if (damage === undefined || isSame) return damage && { ...damage, ...blame('damaged') }
    const found = await read(own).then(
      (itsDamage): AtOwn => (itsDamage === undefined ? 'good' : 'damaged'),
      (error): AtOwn => {
        if (error instanceof RegistryError) return 'unread'
        throw error
      },
    )
    return { ...damage, ...blame(found) }
  }

  /**
   * The manifests of an image, or what is wrong with one of them. Neither, if the image is gone: it was deleted, and a reconcile
   * will say so. @throws RegistryError, CopyError or InvalidManifest if nothing can be said of it
   */
  async function manifests(repository: string, digest: string) {
    const read = ({ client }: ScrubSide) =>
      makeGraphReader({ from: { client, repository }, sparse: 'allow', signal: stopped }).read(digest)
    try {
      return { nodes: await read(consumer), damage: undefined }
    } catch (error) {
      const fault = faultOf(error)
      if (fault === undefined) throw error
      const found = isSame
        ? 'damaged'
        : await read(own).then(
            (): AtOwn => 'good',
            (itsError): AtOwn => {
              stopped.throwIfAborted()
              return faultOf(itsError) === undefined ? 'unread' : 'damaged'
            },
          )
      if (fault === 'missing' && found === 'damaged') return { nodes: [], damage: undefined }
      if (fault === 'missing' && found === 'unread') throw error
      const damage: Damage = { digest, part: 'manifest', fault, size: 0, ...blame(found) }
      return { nodes: [], damage }
    }
  }

  /** Who is to be looked at. */
  function blame(found: AtOwn): Pick<Damage, 'at' | 'isInFront'> {
    if (isSame) return { at: `as ${own.url} serves it: look at the storage of the registry` }
    const here = `as ${consumer.url}`
    const itself = `the registry itself, ${own.url},`
    switch (found) {
      case 'good':
        return {
          at: `${here} serves it; ${itself} has it right: look at what is in front of it`,
          isInFront: true,
        }
      case 'damaged':
        return { at: `${here} and ${itself} serve it: look at the storage of the registry` }
      case 'unread':
        return { at: `${here} serves it; ${itself} could not be read` }
    }
  }

  return {
    content,
    manifests,
    /** What consumers get of a blob without its content. */
    headBlob: (repository: string, digest: string) => consumer.client.headBlob(repository, digest),
    /**
     * Whether the registry itself has the manifest now. If it was deleted meanwhile, its content may be gone, too.
     * @throws RegistryError if it cannot be read: then the storage may be away, and what seems to be missing is not
     */
    hasManifest: async (repository: string, digest: string): Promise<boolean> =>
      (await own.client.getManifest(repository, digest)) !== undefined,
  }
}
export type ScrubView = ReturnType<typeof makeScrubView>

/** What an error says of a manifest; `undefined`: nothing. */
function faultOf(error: unknown): 'missing' | 'corrupt' | undefined {
  if (error instanceof CopyError && error.code === 'absent') return 'missing'
  return error instanceof RegistryError && error.isWrongContent ? 'corrupt' : undefined
}
