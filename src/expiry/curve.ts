import { inPieces } from '../platform/in-pieces.ts'
import type { Pieces } from '../platform/pieces.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { ImageId, Reclaim, SharedHoldings } from '../usage/read-reclaim.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { DetailsReader, ReadBudget } from './details/make-details.ts'
import type { ExpiryPolicy } from './plan.ts'
import type { Planner } from './planner.ts'

/** What a policy would delete with one value of its number. */
export interface CurvePoint {
  /** Bytes that the registries can free. */
  bytes: number
  images: number
  /** Tags that go alone. */
  tags: number
}

/** What goes of a repository with one value. */
interface Going {
  digests: ReadonlySet<string>
  tags: number
}

/** The going images of a project with each value. */
interface ProjectCurve {
  reclaim: Reclaim
  /** One a value. */
  goes: ImageId[][]
}

/**
 * Computes what a policy would delete with each of some values of one of its numbers: `policies` has the policy with each value, the
 * values in order, so that what goes with one of them goes with all that come after, or with all that come before. The images of a
 * repository are read once. If the same goes with two values, the values between them are not tried: most numbers matter to few repositories. What an
 * `evict` chooses is left out.
 */
export function makeCurve({
  index,
  planner,
  details,
}: {
  index: Pick<UsageIndex, 'projects' | 'images' | 'reclaim'>
  planner: Pick<Planner, 'repositoriesIn' | 'decide'>
  details: Pick<DetailsReader, 'budget'>
}) {
  /** What goes with each value, of the policies from `low` to `high`, of which `known` is computed. */
  async function bisect(
    known: (Going | undefined)[],
    [low, high]: [number, number],
    compute: (n: number) => Promise<Going>,
  ): Promise<void> {
    const [from, to] = [known[low], known[high]]
    if (high - low < 2 || from === undefined || to === undefined) return
    if (isSame(from, to)) {
      known.fill(from, low + 1, high)
      return
    }
    const middle = Math.floor((low + high) / 2)
    known[middle] = await compute(middle)
    await bisect(known, [low, middle], compute)
    await bisect(known, [middle, high], compute)
  }

  async function goingIn(
    policies: readonly ExpiryPolicy[],
    project: string,
    images: readonly IndexedImage[],
    { asOf, budget }: { asOf: number; budget: ReadBudget },
  ): Promise<Going[]> {
    const compute = async (n: number): Promise<Going> => {
      const policy = policies[n]
      const decisions =
        policy === undefined ? [] : await planner.decide(policy, project, images, { now: asOf }, budget)
      const deleted = decisions.filter(({ verdict }) => verdict === 'delete').map(({ digest }) => digest)
      return {
        digests: new Set(deleted),
        tags: decisions.reduce((count, { untag = [] }) => count + untag.length, 0),
      }
    }
    const last = policies.length - 1
    const known: (Going | undefined)[] = policies.map(() => undefined)
    known[0] = await compute(0)
    if (last > 0) known[last] = await compute(last)
    await bisect(known, [0, last], compute)
    return known.map((going) => going ?? NOTHING)
  }

  /** The curve at the registry of these policies, which differ in the one number only. `asOf` is epoch µs. */
  return async function curve(
    policies: readonly ExpiryPolicy[],
    {
      asOf,
      isWanted = () => true,
      mayGoOn = () => {},
    }: {
      asOf: number
      /** Of projects, `registry/path`. */
      isWanted?: (project: string) => boolean
      /** Throws if nobody waits for the answer any more. */
      mayGoOn?: () => void
    },
  ): Promise<CurvePoint[]> {
    const [policy] = policies
    if (policy === undefined) return []
    const points = policies.map((): CurvePoint => ({ bytes: 0, images: 0, tags: 0 }))
    const shared: SharedHoldings = new Map()
    const projects: ProjectCurve[] = []
    const budget = details.budget()
    for (const project of (await index.projects(policy.registry)).filter(isWanted)) {
      const reclaim = index.reclaim(project, shared)
      const goes = policies.map((): ImageId[] => [])
      for (const repository of await planner.repositoriesIn(policy, project)) {
        mayGoOn()
        const images = await index.images(project, repository)
        if (images.length === 0) continue
        const going = await goingIn(policies, project, images, { asOf, budget })
        const ever = new Set(going.flatMap(({ digests }) => [...digests]))
        await reclaim.load([...ever].map((digest) => ({ repository, digest })))
        for (const [n, { digests, tags }] of going.entries()) {
          for (const digest of digests) goes[n]?.push({ repository, digest })
          const point = points[n]
          if (point === undefined) continue
          point.images += digests.size
          point.tags += tags
        }
      }
      if (goes.some((images) => images.length > 0)) projects.push({ reclaim, goes })
    }
    // One value after the other, over all projects: what several of them hold, the last one frees.
    let bytes = 0
    for (const [n, point] of points.entries()) {
      for (const { reclaim, goes } of projects)
        bytes += await inPieces(change(reclaim, goes[n - 1] ?? [], goes[n] ?? []))
      point.bytes = bytes
    }
    return points
  }
}
export type Curve = ReturnType<typeof makeCurve>

const NOTHING: Going = { digests: new Set(), tags: 0 }

const isSame = (a: Going, b: Going): boolean =>
  a.tags === b.tags && a.digests.size === b.digests.size && [...a.digests].every((one) => b.digests.has(one))

/** Takes what goes now and did not before, and puts back what does not any more. Gives by how much the freed bytes change. */
function* change(reclaim: Reclaim, before: readonly ImageId[], now: readonly ImageId[]): Pieces<number> {
  const had = new Set(before.map(nameOf))
  const has = new Set(now.map(nameOf))
  let bytes = 0
  for (const image of now) {
    if (!had.has(nameOf(image))) bytes += reclaim.take([image]).registryBytes
    yield
  }
  for (const image of before) {
    if (!has.has(nameOf(image))) bytes += reclaim.putBack([image]).registryBytes
    yield
  }
  return bytes
}

const nameOf = ({ repository, digest }: ImageId): string => `${repository}@${digest}`
