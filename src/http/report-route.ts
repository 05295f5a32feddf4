import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { HOUR_MS, hourOf } from '../history/sample.ts'
import { type Month, monthOf, parseMonth } from '../report/month.ts'
import type { Months } from '../report/months.ts'
import {
  hoursUntil,
  projectRows,
  pusherRows,
  type RegistryMonth,
  type ReportRow,
  wholeRow,
} from '../report/report.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import { registryNamed } from './registry-named.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const numberOrNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description })

const Row = Type.Object({
  registry: Type.String({ description: 'Its name in the configuration.' }),
  kind: Type.Enum(['registry', 'project', 'pusher', 'others', 'unknown'], {
    description:
      'What it is about. `others`: pushers beyond the 50 that the month of a project names. `unknown`: of nobody who is known.',
  }),
  name: Type.Union([Type.String(), Type.Null()], {
    description: 'The path of the project, or the login name of the pusher. Null of the other kinds.',
  }),
  fromBytes: Type.Integer({
    description:
      'Unique bytes at the first sample of the registry in the month; 0 if there was no such project.',
  }),
  toBytes: Type.Integer({ description: 'The same at the last sample.' }),
  changeBytes: Type.Integer({ description: 'By how much they changed in between.' }),
  byteHours: Type.Number({
    description:
      'The sum of the unique bytes at each full hour. What several projects hold counts in each of them, and in the registry once.',
  }),
  exclusiveByteHours: numberOrNull(
    'The same of what no other project held. Null of a pusher: that is not known.',
  ),
  hoursKnown: Type.Integer({
    description: 'For how many hours it is known what was held. The others count nothing.',
  }),
  price: numberOrNull('The price of `byteHours` by `pricePerGiBMonth`. Null if there is none.'),
})

/** Registry, kind and name: the order of the rows. */
const Position = Type.Tuple([Type.String(), Type.String(), Type.String()])
const positionOf = ({ registry, kind, name }: ReportRow) => [registry, kind, name ?? ''] as const

const isAfter = (row: ReportRow, position: readonly string[]): boolean =>
  compare(positionOf(row), position) > 0

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [i, text] of a.entries()) if (text !== b[i]) return text < (b[i] ?? '') ? -1 : 1
  return 0
}

/** What was held in a month, for how long, and what it costs. */
export const reportRoute =
  (deps: {
    /** With the price of a GiB for a month, in a currency of the site. */
    registries: readonly { name: string; pricePerGiBMonth?: number | undefined }[]
    months: Pick<Months, 'allOf'>
    roles: Roles
    inTurn: InTurn
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/report', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['usage'],
        summary: 'Byte-hours of a month, by project or by pusher',
        description:
          'From the samples of each full hour, in UTC. Projects that are gone meanwhile are in it. The running month is told as far as it goes. Registries as a whole are told to who sees all projects.',
        querystring: pageQuery({
          month: Type.Optional(
            Type.String({ description: 'Such as 2026-10, in UTC. Default: the running month.' }),
          ),
          by: Type.Enum(['project', 'pusher'], {
            default: 'project',
            description: 'What the rows are about.',
          }),
          registry: Type.Optional(Type.String({ description: 'Only this registry.' })),
        }),
        response: {
          200: pageOf({
            month: Type.String({ description: 'The month, in UTC.' }),
            asOf: Type.String({ format: 'date-time', description: 'When this was asked.' }),
            hours: Type.Integer({ description: 'The hours of the month; of the running month until now.' }),
            hoursOfMonth: Type.Integer({ description: 'The hours of the whole month.' }),
            registries: Type.Array(
              Type.Object({
                ...Row.properties,
                pricePerGiBMonth: numberOrNull(
                  'The price of a GiB for the whole month. Null if there is none.',
                ),
              }),
              { description: 'Each registry as a whole: each content counts once.' },
            ),
            rows: Type.Array(Row, { description: 'The rows of the page.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access, query: { limit, cursor, by, registry, ...query } }) => {
        const now = deps.now()
        const month = monthIn(query.month, hourOf(now))
        if (registry !== undefined) registryNamed(deps.registries, registry)
        const after = decodeCursor(Position, cursor) ?? ['', '', '']
        const asked = deps.registries.filter(({ name }) => name === (registry ?? name))
        const rowsOf = by === 'project' ? projectRows : pusherRows
        return deps.inTurn(async () => {
          const registries: (ReportRow & { pricePerGiBMonth: number | null })[] = []
          const found: ReportRow[] = []
          for (const { name, pricePerGiBMonth } of asked) {
            const entries = await deps.months.allOf(name, month)
            const of: RegistryMonth = { registry: name, month, entries, price: pricePerGiBMonth }
            if (access.seesAll)
              registries.push({ ...wholeRow(of), pricePerGiBMonth: pricePerGiBMonth ?? null })
            found.push(...rowsOf(of, access.sees).filter((row) => isAfter(row, after)))
          }
          const ordered = found.toSorted((a, b) => compare(positionOf(a), positionOf(b)))
          const { items, next } = cutPage(ordered.slice(0, limit + 1), limit, positionOf)
          return {
            ...{ month: month.name, asOf: new Date(now).toISOString() },
            ...{ hours: hoursUntil(month, hourOf(now)), hoursOfMonth: month.to - month.from },
            ...{ registries, rows: [...items], next },
          }
        })
      },
    })
  }

/** @throws HttpError if it is no month, or has not begun */
function monthIn(text: string | undefined, hour: number): Month {
  if (text === undefined) return monthOf(hour)
  let month: Month
  try {
    month = parseMonth(text)
  } catch (error) {
    throw new HttpError(400, `month: ${error instanceof Error ? error.message : error}`)
  }
  if (month.from > hour)
    throw new HttpError(
      400,
      `month: ${text} has not begun: it is ${new Date(hour * HOUR_MS).toISOString().slice(0, 7)} in UTC`,
    )
  return month
}
