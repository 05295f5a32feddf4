import { useEffect, useMemo, useState } from 'preact/hooks'
import { get } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { session } from '../../session.ts'
import { driftTexts } from '../registries/drift-text.ts'
import { type Mark, marksOf, type Push } from './marks.ts'
import type { Node } from './tree.ts'

/** What is read of each list: the newest. */
const NEWEST = 100

/**
 * What happened in a registry or a project since `from` (epoch ms) that explains the steps of its line. `largest`: the projects
 * whose pushes are looked at, of a registry those that grew most.
 */
export function useMarks(of: Node, largest: readonly Node[], from: number): Mark[] {
  const state = session.value
  const seesAll = state.is === 'in' && state.session.seesAll
  const registry = of.path.split('/')[0] ?? ''
  const isIn = (repository: string) =>
    of.kind === 'registry' || `${registry}/${repository}`.startsWith(of.path)
  const runs = useGet('/v1/expiry/runs', { query: { limit: NEWEST } })
  const receipts = useGet('/v1/promotions', { query: { limit: NEWEST } })
  const registries = useGet(seesAll ? '/v1/registries' : undefined)
  const ids = (of.kind === 'project' ? [of.path] : largest.map(({ path }) => path)).join('\n')
  const pushes = usePushes(ids)
  return useMemo(
    () =>
      marksOf(
        {
          runs: (runs.data?.runs ?? []).filter(
            (run) =>
              run.registry === registry &&
              (of.kind === 'registry' || (run.projects?.includes(of.path) ?? true)),
          ),
          receipts: (receipts.data?.promotions ?? [])
            .filter(
              ({ from, to }) =>
                (from.registry === registry && isIn(from.repository)) ||
                (to.registry === registry && isIn(to.repository)),
            )
            .map(({ id, at, from, to }) => ({
              ...{ id, at, image: `${from.registry}/${from.repository}:${from.tag ?? to.tag}` },
              to: `${to.registry}/${to.repository}:${to.tag}`,
            })),
          reconciles: (registries.data?.registries ?? []).flatMap(({ name, lastReconcile }) =>
            name !== registry || lastReconcile === null
              ? []
              : [
                  {
                    ...{ finishedAt: lastReconcile.finishedAt, dryRun: lastReconcile.dryRun },
                    text: `A reconcile compared ${lastReconcile.repositories} repositories: ${driftTexts(lastReconcile.drift).join(', ') || 'nothing differed'}`,
                  },
                ],
          ),
          pushes,
        },
        from,
      ),
    [runs.data, receipts.data, registries.data, pushes, of.path, from],
  )
}

/** The largest pushes to these projects. What cannot be read is left out. */
function usePushes(ids: string): Push[] {
  const [pushes, setPushes] = useState<Push[]>([])
  useEffect(() => {
    const stop = new AbortController()
    const since = new Date(Date.now() - 30 * 86_400_000).toISOString()
    const read = (id: string) =>
      get('/v1/projects/{id}/growth', { path: { id }, query: { since, limit: 5 }, signal: stop.signal }).then(
        ({ pushes }) => pushes.map((push) => ({ ...push, project: id })),
        () => [],
      )
    void Promise.all(ids.split('\n').filter(Boolean).map(read)).then((all) => {
      if (!stop.signal.aborted) setPushes(all.flat())
    })
    return () => stop.abort()
  }, [ids])
  return pushes
}
