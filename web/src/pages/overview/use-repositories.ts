import { useEffect, useState } from 'preact/hooks'
import { ApiError, get } from '../../api/request.ts'
import type { Node } from './tree.ts'

/** Pages that are read, of 20 repositories each: each costs what they hold. */
const MOST_PAGES = 5

export interface Repositories {
  /** The project that they are of. */
  of: string
  nodes: Node[]
  hasMore: boolean
  error?: ApiError
}

/** The repositories of a project, if that is what is shown. */
export function useRepositories(top: Node | undefined): Repositories | undefined {
  const [found, setFound] = useState<Repositories>()
  const id = top?.kind === 'project' ? top.path : undefined
  useEffect(() => {
    if (id === undefined || top === undefined) return
    const stop = new AbortController()
    const read = async () => {
      const nodes: Node[] = []
      let cursor: string | undefined
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer = await get('/v1/projects/{id}/repositories', {
          ...{ path: { id }, signal: stop.signal },
          query: { sizes: true, limit: 20, ...(cursor !== undefined && { cursor }) },
        })
        for (const { repository, sizes } of answer.repositories)
          nodes.push(repositoryNode(repository, sizes ?? { sizeBytes: 0, freesBytes: 0 }, top))
        cursor = answer.next ?? undefined
        if (cursor === undefined) break
      }
      setFound({ of: id, nodes, hasMore: cursor !== undefined })
    }
    read().catch((error) => {
      if (!stop.signal.aborted && error instanceof ApiError)
        setFound({ of: id, nodes: [], hasMore: false, error })
    })
    return () => stop.abort()
  }, [id, top?.uniqueBytes])
  return found?.of === id ? found : undefined
}

const repositoryNode = (
  path: string,
  { sizeBytes, freesBytes }: { sizeBytes: number; freesBytes: number },
  parent: Node,
): Node => ({
  ...{ kind: 'repository', path, name: path.slice(path.lastIndexOf('/') + 1), parent, children: [] },
  ...{
    uniqueBytes: sizeBytes,
    exclusiveBytes: freesBytes,
    planUniqueBytes: 0,
    planFreesBytes: 0,
    planned: 0,
  },
  ...{ growthBytes: null, usedAt: null, flag: 'ok', projects: 0 },
})
