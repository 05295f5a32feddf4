import { type Static, Type } from 'typebox'
import type { OverviewPart } from '../overview/overview.ts'
import type { ProjectRow } from '../overview/project-row.ts'

const column = (description: string) => Type.Array(Type.Integer(), { description })
const partlyKnown = (description: string) =>
  Type.Array(Type.Union([Type.Integer(), Type.Null()]), { description })
const bytes = (description: string) => Type.Integer({ description })
const known = (description: string) => Type.Union([Type.Integer(), Type.Null()], { description })

/** Projects as columns, which takes a third of the bytes of a list of objects: the n-th of each column is of the same project. */
export const Columns = Type.Object(
  {
    id: Type.Array(Type.String(), { description: 'registry/path' }),
    uniqueBytes: column('The bytes that it holds, each content once.'),
    exclusiveBytes: column('The bytes that no other project holds.'),
    referencedBytes: column('The bytes of its manifests with what they reference, nothing deduplicated.'),
    flag: Type.Array(Type.Enum(['ok', 'warning', 'over']), { description: 'Its flag.' }),
    flagSince: partlyKnown('Since when it has this flag, epoch ms. Null if it never had another.'),
    growthBytes: partlyKnown(
      'By how much its unique bytes changed since `growthSince`. Of a younger project, all that it holds. Null if that is not known.',
    ),
    lastPushAt: partlyKnown('When something was last pushed, epoch ms. Null if that is not known.'),
    lastPullAt: partlyKnown('When something was last pulled, epoch ms. Null if no pull is known.'),
    planAt: partlyKnown(
      'When it was planned what the expiry policies would free in it, epoch ms. Null if it was not planned yet, or could not be: plans are made one by one while somebody looks, those of the largest projects first.',
    ),
    planUniqueBytes: partlyKnown('By how much its unique bytes would fall.'),
    planFreesBytes: partlyKnown(
      'The bytes that the registry can free then. What other projects hold, too, does not count.',
    ),
  },
  { description: 'Projects in columns: the n-th of each column is of the same project.' },
)

const Registry = Type.Object({
  registry: Type.String({ description: 'Its name in the configuration.' }),
  projects: Type.Integer({ description: 'How many projects are seen.' }),
  bytes: known(
    'The bytes that the registry holds, each content once. Null for a token that does not see all projects.',
  ),
  growthBytes: known('By how much these changed since `growthSince`. Null if that is not known.'),
  uniqueBytes: bytes('The sum of the unique bytes of its projects: what several hold counts for each.'),
  exclusiveBytes: bytes('The sum of their exclusive bytes.'),
  referencedBytes: bytes('The sum of their referenced bytes.'),
  over: Type.Integer({ description: 'How many projects are over their quota.' }),
  warning: Type.Integer({ description: 'How many projects are near their quota.' }),
  planned: Type.Integer({ description: 'Of how many projects it is known what expiry would free.' }),
  planFreesBytes: bytes('What it would free in these, at least: what several of them share does not count.'),
  planFrom: known('When the oldest of these plans was made, epoch ms. Null if there is none.'),
})

export const OverviewView = Type.Object({
  version: Type.String({ description: 'Names this answer: `GET /v1/overview/live` goes on from it.' }),
  growthSince: known(
    'Since when growth is counted, epoch ms: seven days before it was last read. Null until it was read.',
  ),
  registries: Type.Array(Registry, {
    description: 'The sums of each registry, over the projects that are seen.',
  }),
  projects: Columns,
})

/** What changed. */
export const OverviewChange = Type.Object({
  ...OverviewView.properties,
  gone: Type.Array(Type.String(), { description: 'The ids of projects that are no more.' }),
})

export function columnsOf(rows: readonly ProjectRow[]): Static<typeof Columns> {
  const column = <K extends keyof ProjectRow>(key: K) => rows.map((row) => row[key])
  return {
    id: column('id'),
    uniqueBytes: column('uniqueBytes'),
    exclusiveBytes: column('exclusiveBytes'),
    referencedBytes: column('referencedBytes'),
    flag: column('flag'),
    flagSince: column('flagSince'),
    growthBytes: column('growthBytes'),
    lastPushAt: column('lastPushAt'),
    lastPullAt: column('lastPullAt'),
    planAt: column('planAt'),
    planUniqueBytes: column('planUniqueBytes'),
    planFreesBytes: column('planFreesBytes'),
  }
}

export const viewOf = ({
  version,
  growthSince,
  registries,
  rows,
}: OverviewPart): Static<typeof OverviewView> => ({
  ...{ version, growthSince },
  registries: registries.map(({ whole, ...sums }) => ({
    ...sums,
    bytes: whole?.bytes ?? null,
    growthBytes: whole?.growthBytes ?? null,
  })),
  projects: columnsOf(rows),
})
