import { decodeBlob, decodeHolders } from './codec.ts'

/** Contents that one call tells or looks up. */
const BATCH = 100

/**
 * Rebuilds a registry's table of holders: first each project tells what it holds, then each holder in the table that does
 * not hold its content is removed. Repairs the table after a Redis Cluster lost a node. Calls are small and idempotent.
 * Others may write meanwhile: one call reads a record and queues what it says, and the registry applies entries in order.
 * After a kill, run it again from the beginning. Returns how many contents were told.
 */
export async function retell(options: {
  /** Paths of the projects. */
  projects: readonly string[]
  /** Reads a page of a project's blobs. */
  readBlobs: (project: string, position: string) => Promise<Buffer[]>
  /** Reads a page of the registry's holders. */
  readHolders: (position: string) => Promise<Buffer[]>
  /** Reads a page of the holders of a content that many projects hold. */
  readHoldersOf: (key: Buffer, position: string) => Promise<Buffer[]>
  /** The holders of such a content that hold it with another size than most. */
  readOthersOf: (key: Buffer) => Promise<Buffer[]>
  /** Project paths by number. Read after a page of holders, so that it has all of their numbers. */
  readNumbers: () => Promise<Map<number, string>>
  /** Records of contents in a project's blobs; an empty buffer for a content without one. */
  lookUp: (project: string, keys: Buffer[]) => Promise<Buffer[]>
  /** Tells the registry, for each of these contents, whether the project holds it. */
  tell: (project: string, keys: Buffer[]) => Promise<void>
}): Promise<number> {
  let told = 0
  const tell = async (project: string, keys: Buffer[]) => {
    for (let i = 0; i < keys.length; i += BATCH) await options.tell(project, keys.slice(i, i + BATCH))
    told += keys.length
  }

  for (const project of options.projects)
    for await (const entries of pages((position) => options.readBlobs(project, position)))
      await tell(
        project,
        entries.flatMap(([key, record]) => (decodeBlob(record).isHeld ? [key] : [])),
      )

  const waiting = new Map<string, Buffer[]>()
  const check = async (project: string, keys: Buffer[]) => {
    const records = await options.lookUp(project, keys)
    const isHeld = (record: Buffer | undefined) => !!record?.length && decodeBlob(record).isHeld
    await tell(
      project,
      keys.filter((_, i) => !isHeld(records[i])),
    )
  }
  async function numbersOf(key: Buffer, record: Buffer): Promise<number[]> {
    const holders = decodeHolders(record)
    return Array.isArray(holders) ? holders.map(({ number }) => number) : manyHolders(key)
  }
  async function manyHolders(key: Buffer): Promise<number[]> {
    const members = await options.readOthersOf(key)
    for await (const entries of pages((position) => options.readHoldersOf(key, position)))
      members.push(...entries.map(([member]) => member))
    return members.map((member) => member.readUIntBE(0, 3))
  }

  let paths = new Map<number, string>()
  for await (const entries of pages(options.readHolders))
    for (const [key, record] of entries)
      for (const number of await numbersOf(key, record)) {
        if (!paths.has(number)) paths = await options.readNumbers()
        const project = paths.get(number)
        if (project === undefined) continue
        const keys = waiting.get(project) ?? []
        keys.push(key)
        waiting.set(project, keys)
        if (keys.length < BATCH) continue
        waiting.delete(project)
        await check(project, keys)
      }
  for (const [project, keys] of waiting) await check(project, keys)
  return told
}

async function* pages(read: (position: string) => Promise<Buffer[]>): AsyncGenerator<[Buffer, Buffer][]> {
  for (let position = 'long:0'; position !== ''; ) {
    const [next, ...items] = await read(position)
    yield items.flatMap((field, i): [Buffer, Buffer][] => {
      const value = items[i + 1]
      return i % 2 === 0 && value !== undefined ? [[field, value]] : []
    })
    position = String(next ?? '')
  }
}
